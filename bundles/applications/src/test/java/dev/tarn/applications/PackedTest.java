// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an application's own classes need has to be there; what libraries in its jar can do without has not. */
class PackedTest {

    private static final String RULE = """
            package app;
            import dev.tarn.api.application.*;
            @At("rule")
            public final class Rule extends Endpoint {
                %s
            }
            """;

    @TempDir
    Path directory;

    private List<String> problems(Map<String, String> sources, String... without) throws IOException {
        Files.write(directory.resolve("app.jar"), Jars.of(directory, sources, without));
        try (JarLoader loader = JarLoader.copying(directory, List.of("app.jar"))) {
            Packed packed = Packed.in(loader);
            long usable = packed.names().stream()
                    .map(packed::load)
                    .filter(Optional::isPresent)
                    .count();
            assertThat(usable).isPositive();
            packed.warn("app");
            return packed.problems();
        }
    }

    private static Map<String, String> with(String rule, String... others) {
        Map<String, String> sources = new LinkedHashMap<>();
        sources.put("app/Rule.java", String.format(RULE, rule));
        for (int at = 0; at < others.length; at += 2) {
            sources.put(others[at], others[at + 1]);
        }
        return sources;
    }

    private static final String[] GONE = {"app/Gone.java", "package app; public class Gone { public void go() {} }"};

    @Test
    void the_line_is_told_on_which_a_class_is_used_that_is_not_there() throws IOException {
        assertThat(problems(with("", GONE), "app/Gone.class")).isEmpty();
        for (String use : List.of(
                "Gone gone;\n    void go() { gone.go(); }",
                "\n    void go() {\n new Gone().go(); }",
                "\n\n    Gone go(Gone gone) { return gone; }",
                "void go(Object o) {\n if (o instanceof Gone) { throw new IllegalStateException(); } }",
                "void go() {\n Object all = new Gone[2]; }",
                "void go() {\n Class<?> type = Gone.class; }",
                """
                void go(int n, String s) {
                    switch (n) { case 1: case 2: case 3: n++; break; case 4: n--; }
                    switch (s) { case "a": n++; break; case "bbb": n--; default: }
                    long big = 1L << 40;
                    int[][][] all = new int[1][2][3];
                    n += 4000;
                    new Gone().go();
                }
                """)) {
            String rule = String.format(RULE, use);
            long line = 1
                    + rule.lines()
                            .takeWhile(each -> !each.matches(".*\\b(new Gone|Gone go\\(|Gone\\)|Gone\\.|gone\\.).*"))
                            .count();
            assertThat(problems(with(use, GONE), "app/Gone.class"))
                    .containsExactly("app/Rule.java:" + line
                            + ": there is no class app.Gone, neither in the application's jars nor in lib/");
        }
    }

    @Test
    void what_the_rule_leads_to_is_the_application_s_own_in_its_package_and_below() throws IOException {
        String[] all = {
            "app/deep/Step.java",
            "package app.deep; public class Step { public void go() {\n new app.Gone().go(); } }",
            "app/Idle.java",
            "package app; class Idle { Gone gone; }",
            GONE[0],
            GONE[1]
        };
        assertThat(problems(with("void go() { new app.deep.Step().go(); }", all), "app/Gone.class"))
                .containsExactly("app/deep/Step.java:2: there is no class app.Gone, neither in the application's jars"
                        + " nor in lib/");
        assertThat(problems(with("", all), "app/Gone.class")).isEmpty();
    }

    @Test
    void a_library_that_was_packed_into_the_jar_may_do_without_what_it_can_use() throws IOException {
        Map<String, String> sources = with(
                "String text() { return new fat.Library().text(); }",
                "fat/Library.java",
                "package fat; public class Library { public String text() { return \"x\"; } more.Optional it() { return"
                        + " new more.Optional(); } }",
                "fat/Bridge.java",
                "package fat; public class Bridge extends more.Optional {}",
                "more/Optional.java",
                "package more; public class Optional {}");
        assertThat(problems(sources, "more/Optional.class")).isEmpty();
        assertThat(problems(
                        with(
                                "Object bridge() { return new fat.Bridge(); }",
                                "fat/Bridge.java",
                                sources.get("fat/Bridge.java"),
                                "more/Optional.java",
                                sources.get("more/Optional.java")),
                        "more/Optional.class"))
                .singleElement()
                .asString()
                .startsWith("app/Rule.java:5: class fat.Bridge cannot be used: ")
                .contains("more/Optional");
    }

    @Test
    void a_file_that_is_no_class_is_refused() throws IOException {
        Path folder = Files.createTempDirectory(directory, "broken");
        try (var jar = new java.util.jar.JarOutputStream(Files.newOutputStream(folder.resolve("app.jar")))) {
            jar.putNextEntry(new java.util.jar.JarEntry("app/Rule.class"));
            jar.write(new byte[] {1, 2, 3, 4, 5});
        }
        try (JarLoader loader = JarLoader.copying(folder, List.of("app.jar"))) {
            Packed packed = Packed.in(loader);
            assertThat(packed.load("app.Rule")).isEmpty();
            assertThat(packed.problems()).singleElement().asString().startsWith("app/Rule.class: ");
        }
    }

    @Test
    void a_jar_that_is_none_is_named() throws IOException {
        Files.writeString(directory.resolve("half.jar"), "no jar");
        try (JarLoader loader = JarLoader.copying(directory, List.of("half.jar"))) {
            assertThatThrownBy(() -> Packed.in(loader))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("half.jar is no jar that can be read: ");
        }
    }
}
