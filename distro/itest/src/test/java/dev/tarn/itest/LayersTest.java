// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Reads the manifests of our bundles in the image against {@code cnf/layers.txt}. */
class LayersTest {
    private static final Pattern CLAUSE = Pattern.compile("([\\w.]+)((?:;[^,;\"]+(?:\"[^\"]*\")?)*)(?:,|$)");

    /** What any bundle may import: Java itself. */
    private static final List<String> ALWAYS = List.of("java", "javax");

    private record Bundle(String name, Set<String> imports, Set<String> exports, Set<String> packages) {}

    private static Map<String, Bundle> bundles() throws IOException {
        Map<String, Bundle> bundles = new TreeMap<>();
        try (DirectoryStream<Path> levels = Files.newDirectoryStream(Tarn.IMAGE.resolve("system"))) {
            for (Path level : levels) {
                try (DirectoryStream<Path> jars = Files.newDirectoryStream(level, "tarn-*.jar")) {
                    for (Path jar : jars) {
                        Bundle bundle = read(jar);
                        bundles.put(bundle.name(), bundle);
                    }
                }
            }
        }
        return bundles;
    }

    private static Bundle read(Path file) throws IOException {
        try (JarFile jar = new JarFile(file.toFile())) {
            var headers = jar.getManifest().getMainAttributes();
            Set<String> packages = new TreeSet<>();
            jar.stream()
                    .map(JarEntry::getName)
                    .filter(name -> name.startsWith("dev/tarn/") && name.endsWith(".class"))
                    .forEach(name -> packages.add(
                            name.substring(0, name.lastIndexOf('/')).replace('/', '.')));
            return new Bundle(
                    headers.getValue("Bundle-SymbolicName"),
                    clauses(headers.getValue("Import-Package")),
                    clauses(headers.getValue("Export-Package")),
                    packages);
        }
    }

    private static Set<String> clauses(String header) {
        Set<String> names = new TreeSet<>();
        for (Matcher clause = CLAUSE.matcher(header == null ? "" : header); clause.find(); ) {
            names.add(clause.group(1));
        }
        return names;
    }

    private static Map<String, List<String>> rules() throws IOException {
        Map<String, List<String>> rules = new LinkedHashMap<>();
        for (String line : Files.readAllLines(Path.of(System.getProperty("tarn.layers")))) {
            if (!line.isBlank() && !line.startsWith("#")) {
                int colon = line.indexOf(':');
                rules.put(
                        line.substring(0, colon).strip(),
                        List.of(line.substring(colon + 1).strip().split("\\s+")));
            }
        }
        return rules;
    }

    private static boolean within(String name, List<String> prefixes) {
        return prefixes.stream().anyMatch(prefix -> name.equals(prefix) || name.startsWith(prefix + "."));
    }

    @Test
    void every_bundle_has_a_rule() throws IOException {
        assertThat(bundles()).isNotEmpty();
        assertThat(rules().keySet()).containsAll(bundles().keySet());
    }

    @TestFactory
    List<DynamicTest> a_bundle_imports_only_what_its_layer_may() throws IOException {
        Map<String, List<String>> rules = rules();
        List<DynamicTest> tests = new ArrayList<>();
        bundles()
                .forEach((name, bundle) -> tests.add(DynamicTest.dynamicTest(name, () -> {
                    List<String> allowed = new ArrayList<>(rules.getOrDefault(name, List.of()));
                    allowed.addAll(ALWAYS);
                    allowed.addAll(bundle.exports());
                    assertThat(bundle.imports()).allMatch(imported -> within(imported, allowed));
                })));
        return tests;
    }

    @Test
    void only_the_api_and_the_protocol_interface_are_exported() throws IOException {
        bundles()
                .forEach((name, bundle) -> assertThat(bundle.exports())
                        .as(name)
                        .allMatch(exported ->
                                within(exported, List.of("dev.tarn.api")) || exported.equals("dev.tarn.transport")));
    }

    @Test
    void a_bundle_has_one_flat_package_named_after_it() throws IOException {
        bundles().forEach((name, bundle) -> {
            if (!name.equals("dev.tarn.api")) {
                // Decision 0100 gives the engine a second one.
                Set<String> packages =
                        name.equals("dev.tarn.engine") ? Set.of(name, "dev.tarn.engine.query") : Set.of(name);
                assertThat(bundle.packages()).as(name).isSubsetOf(packages);
            }
        });
    }

    @Test
    void each_library_has_one_owner_but_for_the_network_and_the_log() throws IOException {
        Map<String, Set<String>> owners = new TreeMap<>();
        bundles()
                .forEach((name, bundle) -> bundle.imports().stream()
                        .filter(imported -> !within(imported, ALWAYS))
                        .filter(imported -> !within(imported, List.of("dev.tarn", "io.netty", "org.slf4j", "org.osgi")))
                        // Part of every JDK; cnf/layers.txt says who may use it.
                        .filter(imported -> !within(imported, List.of("com.sun.management")))
                        .forEach(imported -> owners.computeIfAbsent(imported, any -> new TreeSet<>())
                                .add(name)));
        assertThat(owners).allSatisfy((library, who) -> assertThat(who).hasSize(1));
    }
}
