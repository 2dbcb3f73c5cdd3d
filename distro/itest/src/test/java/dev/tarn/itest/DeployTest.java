// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.itest.probe.Failing;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarInputStream;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bundles and applications come and go while the others serve. */
class DeployTest {
    private static final String FAILING = Failing.class.getName();
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    static Path jar(Path image, String name) throws Exception {
        try (Stream<Path> jars = Files.list(image.resolve("system/40"))) {
            return jars.filter(jar -> jar.getFileName().toString().startsWith(name))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** Puts a file there under its final name all at once. */
    private static void drop(Path from, Path to) throws Exception {
        Path partial = Files.copy(from, to.resolveSibling(to.getFileName() + ".part"));
        Files.move(partial, to, StandardCopyOption.ATOMIC_MOVE);
    }

    @Test
    void a_protocol_dropped_into_deploy_serves_and_one_deleted_is_gone_while_others_serve() throws Exception {
        Path image = OperationTest.copy(Tarn.IMAGE, folder.resolve("image"));
        Path shipped = jar(image, "tarn-mqtt");
        Path aside = Files.move(shipped, folder.resolve("aside.jar"));
        Path deployed = Files.createDirectories(folder.resolve("data/deploy")).resolve("tarn-mqtt.jar");
        int port = freePort();
        try (Tarn tarn = Tarn.dev(folder.resolve("data"))
                .image(image)
                .set("mqtt.port", port)
                .ready()) {
            assertThat(tarn.listeners()).containsOnlyKeys("admin", "http");
            assertThat(Http.put(tarn, "/x/1", "1").statusCode()).isEqualTo(201);
            for (int round = 0; round < 3; round++) {
                drop(aside, deployed);
                Mqtt connected = Eventually.passes(SOON, () -> Mqtt.tcp(Mqtt.V5, port));
                connected.subscribe("x/1", 1);
                assertThat(connected.next().text()).isEqualTo("1");

                Files.delete(deployed);
                Eventually.passes(SOON, () -> {
                    assertThat(tarn.out()).anyMatch(line -> line.contains("uninstalled bundle=dev.tarn.mqtt"));
                    return null;
                });
                Eventually.passes(SOON, () -> {
                    try {
                        Mqtt.tcp(Mqtt.V5, port).close();
                        throw new AssertionError("still there");
                    } catch (java.io.IOException gone) {
                        return gone;
                    }
                });
                assertThat(Http.get(tarn, "/x/1").statusCode())
                        .as("others serve")
                        .isEqualTo(200);
            }
            drop(aside, shipped);
            Eventually.passes(SOON, () -> Mqtt.tcp(Mqtt.V4, port)).close();
        }
    }

    @Test
    void a_jar_that_is_no_bundle_is_told_and_harms_nobody() throws Exception {
        try (Tarn tarn = Tarn.dev(folder).ready()) {
            Path broken = Files.createDirectories(folder.resolve("deploy")).resolve("broken.jar");
            Files.writeString(broken, "not a jar");
            Eventually.passes(SOON, () -> {
                assertThat(tarn.err()).anyMatch(line -> line.contains("broken.jar"));
                return null;
            });
            assertThat(Http.put(tarn, "/x/1", "1").statusCode()).isEqualTo(201);
            try (Mqtt client = Mqtt.tcp(Mqtt.V5, tarn.port("mqtt"))) {
                client.publish("x/1", "2", 1, true);
            }
            assertThat(tarn.err().stream().filter(line -> line.contains("broken.jar")))
                    .as("told once")
                    .hasSize(1);
        }
        try (Tarn tarn = Tarn.dev(folder).ready()) {
            assertThat(tarn.err()).as("at the start too").anyMatch(line -> line.contains("broken.jar"));
        }
    }

    @Test
    void a_bundle_that_does_not_resolve_is_told_with_what_it_misses_and_harms_nobody() throws Exception {
        Path deploy = Files.createDirectories(folder.resolve("deploy"));
        needing(deploy.resolve("early.jar"), "com.example.early", "no.such.early");
        try (Tarn tarn = Tarn.dev(folder).ready()) {
            Eventually.passes(SOON, () -> {
                assertThat(tarn.err())
                        .anyMatch(line ->
                                line.contains("com.example.early 1.0.0 does not resolve: no package no.such.early"));
                return null;
            });
            needing(deploy.resolve("late.jar"), "com.example.late", "no.such.late");
            Eventually.passes(SOON, () -> {
                assertThat(tarn.err())
                        .anyMatch(line ->
                                line.contains("com.example.late 1.0.0 does not resolve: no package no.such.late"));
                return null;
            });
            Http.get(tarn, "/x/1");
        }
    }

    @Test
    void a_bundle_or_component_that_does_not_start_is_told_with_its_cause_and_harms_nobody() throws Exception {
        Path deploy = Files.createDirectories(folder.resolve("deploy"));
        try (Tarn tarn = Tarn.dev(folder).ready();
                Mqtt client = Mqtt.tcp(Mqtt.V5, tarn.port("mqtt"))) {
            failing(deploy.resolve("activator.jar"), "com.example.activator", false);
            failing(deploy.resolve("component.jar"), "com.example.component", true);
            Eventually.passes(SOON, () -> {
                assertThat(tarn.err())
                        .anyMatch(line -> line.contains("com.example.activator 1.0.0 does not start: there is no moon"))
                        .anyMatch(line -> line.contains("com.example.component"))
                        .anyMatch(line -> line.contains("the moon is full"));
                return null;
            });
            client.publish("x/1", "2", 1, true);
            assertThat(Http.get(tarn, "/x/1").statusCode()).isEqualTo(200);
        }
    }

    /** The content of a jar with another header, all at once in another's place. */
    private void altered(Path jar, String header, String value, Path to) throws Exception {
        Path made = folder.resolve("altered");
        try (JarInputStream in = new JarInputStream(Files.newInputStream(jar))) {
            Manifest manifest = in.getManifest();
            manifest.getMainAttributes().putValue(header, value);
            try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(made), manifest)) {
                for (JarEntry entry = in.getNextJarEntry(); entry != null; entry = in.getNextJarEntry()) {
                    out.putNextEntry(new JarEntry(entry.getName()));
                    in.transferTo(out);
                    out.closeEntry();
                }
            }
        }
        Files.move(made, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static String admin(Tarn tarn, String path) throws Exception {
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://" + tarn.address("admin") + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.body();
    }

    @Test
    void a_protocol_goes_on_serving_when_its_jar_is_replaced_by_a_bad_one() throws Exception {
        Path image = OperationTest.copy(Tarn.IMAGE, folder.resolve("image"));
        Path jar = jar(image, "tarn-mqtt");
        Path good = Files.copy(jar, folder.resolve("good.jar"));
        String name = String.valueOf(jar.getFileName());
        try (Tarn tarn = Tarn.dev(folder.resolve("data")).image(image).ready()) {
            try (Mqtt client = Mqtt.tcp(Mqtt.V5, tarn.port("mqtt")).subscribe("x/1", 1)) {
                altered(good, "Import-Package", "no.such.thing", jar);
                Eventually.passes(SOON, () -> {
                    assertThat(tarn.err())
                            .anyMatch(line -> line.contains(name)
                                    && line.contains("does not resolve: no package no.such.thing")
                                    && line.contains("stays as it is"));
                    assertThat(Http.json(admin(tarn, "/health/ready"))
                                    .path("warnings")
                                    .path(name)
                                    .asText())
                            .contains("no.such.thing");
                    return null;
                });
                assertThat(admin(tarn, "/metrics")).contains("tarn_deployment_failed{file=\"" + name + "\"} 1");
                // The same connection: nothing was touched.
                client.publish("x/1", "1", 1, true);
                assertThat(client.next().text()).isEqualTo("1");
            }

            altered(good, "Bundle-Activator", "no.such.Activator", jar);
            Eventually.passes(SOON, () -> {
                assertThat(tarn.err())
                        .anyMatch(line -> line.contains(name)
                                && line.contains("does not start")
                                && line.contains("no.such.Activator"));
                assertThat(admin(tarn, "/health/ready")).contains("no.such.Activator");
                return null;
            });
            Eventually.passes(SOON, () -> Mqtt.tcp(Mqtt.V5, tarn.port("mqtt"))).close();

            Files.copy(good, folder.resolve("again"));
            Files.move(
                    folder.resolve("again"), jar, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            Eventually.passes(SOON, () -> {
                assertThat(admin(tarn, "/health/ready")).doesNotContain("warnings");
                return null;
            });
            assertThat(admin(tarn, "/metrics")).contains("tarn_deployment_failed{file=\"" + name + "\"} 0");
            Eventually.passes(SOON, () -> Mqtt.tcp(Mqtt.V5, tarn.port("mqtt"))).close();
        }
    }

    @Test
    void a_protocol_without_a_port_is_told_of_and_one_that_says_its_port_listens_there() throws Exception {
        Path echo = Path.of(System.getProperty("tarn.echo"));
        Path deployed = Files.createDirectories(folder.resolve("data/deploy")).resolve("echo.jar");
        Path file = Files.writeString(folder.resolve("tarn.yaml"), "log:\n  level: info\n");
        try (Tarn tarn =
                Tarn.dev(folder.resolve("data")).with("--conf", file.toString()).ready()) {
            drop(echo, deployed);
            Eventually.passes(SOON, () -> {
                assertThat(tarn.err())
                        .anyMatch(line -> line.contains("protocol echo cannot be reached: set echo.port"));
                return null;
            });

            altered(echo, "Tarn-Listener", "port=0", deployed);
            echoes(port(tarn, 1));
            Files.delete(deployed);
            Eventually.passes(SOON, () -> {
                assertThat(tarn.out()).anyMatch(line -> line.contains("uninstalled bundle=com.example.echo"));
                return null;
            });
        }
        Files.writeString(file, "echo:\n  port: off\n");
        altered(echo, "Tarn-Listener", "port=0", deployed);
        try (Tarn tarn =
                Tarn.dev(folder.resolve("data")).with("--conf", file.toString()).ready()) {
            assertThat(tarn.listeners()).containsOnlyKeys("admin", "http", "mqtt");
            assertThat(tarn.err()).as("switched off is nothing to warn of").isEmpty();
        }
    }

    @Test
    void a_port_that_is_put_into_the_file_counts_when_the_jar_comes() throws Exception {
        Path deployed = Files.createDirectories(folder.resolve("data/deploy")).resolve("echo.jar");
        Path file = Files.writeString(folder.resolve("tarn.yaml"), "log:\n  level: info\n");
        try (Tarn tarn =
                Tarn.dev(folder.resolve("data")).with("--conf", file.toString()).ready()) {
            Files.writeString(file, "echo:\n  port: 0\n");
            drop(Path.of(System.getProperty("tarn.echo")), deployed);
            echoes(port(tarn, 1));
        }
    }

    /** Where the log says that echo listens, the so manyeth time. */
    private static int port(Tarn tarn, int time) throws Exception {
        Pattern said = Pattern.compile("listening name=echo address=\\S*:(\\d+) ");
        return Eventually.passes(SOON, () -> {
            List<Integer> ports = tarn.out().stream()
                    .map(said::matcher)
                    .filter(Matcher::find)
                    .map(found -> Integer.valueOf(found.group(1)))
                    .toList();
            assertThat(ports).hasSizeGreaterThanOrEqualTo(time);
            return ports.get(time - 1);
        });
    }

    private static void echoes(int port) throws Exception {
        Eventually.passes(SOON, () -> {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setSoTimeout(30_000);
                socket.getOutputStream().write('x');
                assertThat(socket.getInputStream().read()).isEqualTo('x');
            }
            return null;
        });
    }

    /** Writes a bundle with an activator, or a component, that throws. */
    private static void failing(Path jar, String name, boolean component) throws Exception {
        Manifest manifest = new Manifest();
        Attributes headers = manifest.getMainAttributes();
        headers.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        headers.putValue("Bundle-ManifestVersion", "2");
        headers.putValue("Bundle-SymbolicName", name);
        headers.putValue("Bundle-Version", "1.0.0");
        headers.putValue("Import-Package", "org.osgi.framework");
        headers.putValue(component ? "Service-Component" : "Bundle-Activator", component ? "c.xml" : FAILING);
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest);
                InputStream code = Failing.class.getResourceAsStream("Failing.class")) {
            out.putNextEntry(new JarEntry(FAILING.replace('.', '/') + ".class"));
            code.transferTo(out);
            out.closeEntry();
            if (component) {
                out.putNextEntry(new JarEntry("component"));
                out.closeEntry();
                out.putNextEntry(new JarEntry("c.xml"));
                out.write(("<component xmlns=\"http://www.osgi.org/xmlns/scr/v1.3.0\" name=\"" + name
                                + "\" immediate=\"true\"><implementation class=\"" + FAILING + "\"/></component>")
                        .getBytes(StandardCharsets.UTF_8));
                out.closeEntry();
            }
        }
    }

    /** Writes a bundle that imports a package. */
    private static void needing(Path jar, String name, String needed) throws Exception {
        Manifest manifest = new Manifest();
        Attributes headers = manifest.getMainAttributes();
        headers.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        headers.putValue("Bundle-ManifestVersion", "2");
        headers.putValue("Bundle-SymbolicName", name);
        headers.putValue("Bundle-Version", "1.0.0");
        headers.putValue("Import-Package", needed);
        new JarOutputStream(Files.newOutputStream(jar), manifest).close();
    }

    @Test
    void an_application_folder_dropped_into_deploy_is_live_and_deleting_it_takes_it_away() throws Exception {
        Path application = folder.resolve("deploy/plants");
        try (Tarn tarn = Tarn.dev(folder).ready()) {
            assertThat(Http.get(tarn, "/Plants/oak").statusCode()).isEqualTo(404);
            Files.createDirectories(application);
            Files.writeString(application.resolve("schema.graphql"), """
                    type Plants @table @export {
                      id: ID @primaryKey
                      height: Float
                    }
                    """);
            Files.writeString(
                    application.resolve("config.yaml"), "rest: true\ngraphqlSchema:\n  files: schema.graphql\n");
            Eventually.passes(SOON, () -> {
                assertThat(Http.put(tarn, "/Plants/oak", "{\"height\":\"12.5\"}")
                                .statusCode())
                        .isIn(201, 204);
                assertThat(Http.json(Http.get(tarn, "/Plants/oak"))
                                .path("height")
                                .isNumber())
                        .isTrue();
                return null;
            });
            assertThat(Http.put(tarn, "/Plants/elm", "{\"height\":9}").statusCode())
                    .isEqualTo(201);
            Files.delete(application.resolve("schema.graphql"));
            Files.delete(application.resolve("config.yaml"));
            Files.delete(application);
            Eventually.passes(SOON, () -> {
                assertThat(Http.get(tarn, "/Plants/elm").statusCode()).isEqualTo(404);
                return null;
            });
        }
    }
}
