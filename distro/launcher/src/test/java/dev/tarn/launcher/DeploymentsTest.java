// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Version;

/** Jars that come, change and go, in a framework with nothing else. */
class DeploymentsTest {
    private static final String ACTIVATOR = Activator.class.getName();

    @TempDir
    Path folder;

    private Container container;
    private Deployments deployments;

    /** Fails to start where its jar says so. */
    public static final class Activator implements BundleActivator {
        @Override
        public void start(BundleContext context) {
            if (context.getBundle().getHeaders("").get("Fails") != null) {
                throw new IllegalStateException("there is no moon");
            }
        }

        @Override
        public void stop(BundleContext context) {
            // Nothing was started.
        }
    }

    @BeforeEach
    void start() throws Exception {
        container = new Container(folder.resolve("cache"));
        container.begin(List.of());
        container.doors();
        deployments = new Deployments(container.context(), List.of(folder.resolve("system"), folder.resolve("deploy")));
        deployments.begin();
    }

    @AfterEach
    void stop() {
        deployments.close();
        assertThat(container.stop(20)).isTrue();
    }

    /** Writes a bundle all at once and lets it be looked at. */
    private Path drop(String file, String name, String version, Map<String, String> more) throws IOException {
        Manifest manifest = new Manifest();
        Attributes headers = manifest.getMainAttributes();
        headers.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        headers.putValue("Bundle-ManifestVersion", "2");
        headers.putValue("Bundle-SymbolicName", name);
        headers.putValue("Bundle-Version", version);
        headers.putValue("Bundle-Activator", ACTIVATOR);
        headers.putValue("Import-Package", "org.osgi.framework");
        more.forEach(headers::putValue);
        Path made = folder.resolve("made");
        try (OutputStream bytes = Files.newOutputStream(made);
                JarOutputStream out = new JarOutputStream(bytes, manifest);
                InputStream code = Activator.class.getResourceAsStream("DeploymentsTest$Activator.class")) {
            out.putNextEntry(new JarEntry(ACTIVATOR.replace('.', '/') + ".class"));
            code.transferTo(out);
            out.closeEntry();
        }
        return moved(made, file);
    }

    private Path moved(Path made, String file) throws IOException {
        Path target = folder.resolve(file);
        Files.createDirectories(target.getParent());
        Files.move(made, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        deployments.look(false);
        return target;
    }

    private List<Bundle> bundles(String name) {
        return List.of(container.context().getBundles()).stream()
                .filter(bundle -> name.equals(bundle.getSymbolicName()))
                .toList();
    }

    private void runs(String name, String version) {
        assertThat(bundles(name)).singleElement().satisfies(bundle -> {
            assertThat(bundle.getVersion()).isEqualTo(Version.parseVersion(version));
            assertThat(bundle.getState()).isEqualTo(Bundle.ACTIVE);
        });
    }

    @SuppressWarnings("unchecked")
    private String problem(Path file) throws Exception {
        var references = container
                .context()
                .getServiceReferences(java.util.function.Supplier.class, "(" + Deployments.TOLD + "=*)");
        assertThat(references).hasSize(1);
        Map<String, Map<String, String>> told = (Map<String, Map<String, String>>)
                container.context().getService(references.iterator().next()).get();
        assertThat(told.get(file.toString())).containsEntry("content", Deployments.mark(file));
        return told.get(file.toString()).get("problem");
    }

    @Test
    void a_jar_is_installed_updated_and_uninstalled_with_its_file() throws Exception {
        Path file = drop("deploy/a.jar", "a", "1.0.0", Map.of());
        runs("a", "1.0.0");
        drop("deploy/a.jar", "a", "2.0.0", Map.of());
        runs("a", "2.0.0");
        drop("deploy/a.jar", "a", "2.0.0", Map.of("Bundle-Name", "the same version again"));
        runs("a", "2.0.0");
        assertThat(problem(file)).isEmpty();
        Files.delete(file);
        deployments.look(false);
        assertThat(bundles("a")).isEmpty();
    }

    @Test
    void what_lacks_something_leaves_the_bundle_that_it_should_replace_alone_until_it_comes() throws Exception {
        Path file = drop("deploy/a.jar", "a", "1.0.0", Map.of());
        Bundle before = bundles("a").get(0);
        long untouched = before.getLastModified();
        drop("deploy/a.jar", "a", "1.0.0", Map.of("Require-Bundle", "b"));
        assertThat(problem(file)).contains("does not resolve").contains("b");
        runs("a", "1.0.0");
        assertThat(before.getLastModified()).isEqualTo(untouched);

        drop("deploy/b.jar", "b", "1.0.0", Map.of());
        assertThat(problem(file)).isEmpty();
        runs("a", "1.0.0");
        assertThat(bundles("a").get(0).getHeaders("").get("Require-Bundle")).isEqualTo("b");
    }

    @Test
    void what_does_not_start_is_taken_back() throws Exception {
        Path file = drop("deploy/a.jar", "a", "1.0.0", Map.of());
        drop("deploy/a.jar", "a", "2.0.0", Map.of("Fails", "yes"));
        assertThat(problem(file)).contains("a 2.0.0 does not start: there is no moon");
        runs("a", "1.0.0");
        // Others that come do not make it be tried again.
        drop("deploy/b.jar", "b", "1.0.0", Map.of());
        assertThat(problem(file)).contains("there is no moon");
        runs("a", "1.0.0");
        drop("deploy/a.jar", "a", "3.0.0", Map.of());
        assertThat(problem(file)).isEmpty();
        runs("a", "3.0.0");
        drop("deploy/a.jar", "a", "4.0.0", Map.of("Fails", "yes"));
        runs("a", "3.0.0");
    }

    @Test
    void what_is_no_bundle_leaves_the_bundle_alone() throws Exception {
        Path file = drop("deploy/a.jar", "a", "1.0.0", Map.of());
        moved(Files.writeString(folder.resolve("made"), "not a jar"), "deploy/a.jar");
        assertThat(problem(file)).isNotEmpty();
        runs("a", "1.0.0");
    }

    @Test
    void a_protocol_is_there_once() throws Exception {
        Map<String, String> speaks =
                Map.of("Provide-Capability", "osgi.service;objectClass=\"dev.tarn.transport.StreamProtocol\"");
        Path shipped = drop("system/p-1.jar", "p", "1.0.0", speaks);
        Path another = drop("deploy/p-2.jar", "p", "2.0.0", speaks);
        runs("p", "1.0.0");
        assertThat(problem(another)).contains("installed already").contains("p-1.jar");
        Files.delete(shipped);
        deployments.look(false);
        assertThat(problem(another)).isEmpty();
        runs("p", "2.0.0");
    }

    @Test
    void what_somebody_has_stopped_stays_stopped_when_it_is_updated() throws Exception {
        drop("deploy/a.jar", "a", "1.0.0", Map.of());
        bundles("a").get(0).stop();
        drop("deploy/a.jar", "a", "2.0.0", Map.of());
        assertThat(bundles("a").get(0).getState()).isNotEqualTo(Bundle.ACTIVE);
        bundles("a").get(0).start();
        drop("deploy/a.jar", "a", "3.0.0", Map.of("Fails", "yes"));
        runs("a", "2.0.0");
    }
}
