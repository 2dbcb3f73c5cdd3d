// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.tarn.testkit.EventReader;
import dev.tarn.testkit.RawClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How Tarn starts, refuses to start, and stops, seen by an operator. */
class OperationTest {
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @TempDir
    Path folder;

    /** Asserts that it refused with this code and said why in one line. */
    private static void refused(Tarn tarn, int exitCode, String... told) {
        assertThat(tarn.exitCode()).as(tarn::said).isEqualTo(exitCode);
        List<String> lines =
                tarn.err().stream().filter(line -> line.startsWith("tarn: ")).toList();
        assertThat(lines).as(tarn::said).hasSize(1);
        assertThat(lines.get(0)).contains(told);
        assertThat(tarn.err())
                .as("no stack traces")
                .noneMatch(line -> line.startsWith("\tat ") || line.startsWith("    at "));
        assertThat(tarn.out()).noneMatch(line -> line.startsWith("ready"));
    }

    @Test
    void dev_says_where_it_listens_and_goodbye_on_sigterm_and_goes_on_after_a_stop_and_a_crash() throws Exception {
        Tarn tarn = Tarn.dev(folder).ready();
        assertThat(tarn.listeners()).containsOnlyKeys("admin", "http", "mqtt");
        assertThat(tarn.address("http")).startsWith("127.0.0.1:");
        assertThat(tarn.address("mqtt")).startsWith("127.0.0.1:");
        assertThat(tarn.out()).as("a banner").anyMatch(line -> line.contains("administrator"));
        assertThat(tarn.err()).isEmpty();
        saysGoodbye(tarn);
        assertThat(tarn.err()).as("after the stop too").isEmpty();
        Tarn again = Tarn.dev(folder).ready();
        operate(again, "{\"operation\":\"user_put\",\"name\":\"ada\",\"password\":\"secret\"}");
        again.kill();
        Tarn last;
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            last = Tarn.command("-Xmx77m", "-Dsome.thing=1", "dev", "--data", folder.toString())
                    .set("http.port", 0)
                    .set("mqtt.port", 0)
                    .set("amqp.port", taken.getLocalPort())
                    .set("admin.port", 0)
                    .environment("TARN_OPTS", "-Xlog:gc+heap+exit=off")
                    .ready();
        }
        assertThat(last.listeners()).containsOnlyKeys("admin", "http", "mqtt");
        assertThat(operate(last, "{\"operation\":\"status\"}"))
                .as("another broker has the port of AMQP")
                .contains("\"status\":\"up\"", "\"listener amqp\"", "address already in use");
        String line =
                Files.readString(Path.of("/proc/" + last.pid() + "/cmdline")).replace('\0', ' ');
        assertThat(line).as("options for Java").contains(" -Xmx77m ", " -Dsome.thing=1 ", " -Xlog:gc+heap+exit=off ");
        assertThat(operate(last, "{\"operation\":\"user_list\"}")).contains("\"ada\"");
        assertThat(operate(last, "{\"operation\":\"audit_list\"}"))
                .as("what was done has its entry in the trail, kill or no kill")
                .containsPattern("\"what\":\"user_put\"");
        assertThat(last.stop()).as("after a crash").isZero();
    }

    private static String operate(Tarn tarn, String json) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + tarn.address("admin") + "/operations"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build();
        HttpResponse<String> answer = CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.body();
    }

    /** Stops it; clients are told and streams end. */
    private static void saysGoodbye(Tarn tarn) throws Exception {
        try (RawClient mqtt = new RawClient(tarn.port("mqtt"));
                EventReader events = new EventReader(tarn.uri("/a/b"), "Accept", "text/event-stream")) {
            // CONNECT: MQTT 5, clean start, keep alive 60 s, client id "x".
            mqtt.send("10 0E 00 04 4D 51 54 54 05 02 00 3C 00 00 01 78");
            assertThat(mqtt.readMqttPacket()[0]).isEqualTo((byte) 0x20);
            assertThat(events.head().statusCode()).isEqualTo(200);
            assertThat(tarn.stop()).as(tarn::said).isZero();
            byte[] goodbye = mqtt.readMqttPacket();
            assertThat(goodbye[0]).as("DISCONNECT").isEqualTo((byte) 0xe0);
            assertThat(goodbye[2]).as("server shutting down").isEqualTo((byte) 0x8b);
            mqtt.expectClosed();
            events.awaitEnd();
        }
    }

    @Test
    void start_makes_an_administrator_once_and_keeps_the_password_to_the_owner_wherever_the_image_is()
            throws Exception {
        Path image = copy(Tarn.IMAGE, folder.resolve("a place with spaces"));
        Path link = Files.createSymbolicLink(folder.resolve("tarn"), image.resolve("bin/tarn"));
        assertThat(Tarn.run(List.of(link.toString(), "version"), 30))
                .as("through a link")
                .singleElement()
                .asString()
                .startsWith("tarn 0.1.0 ");
        Path data = folder.resolve("data");
        Path file = data.resolve("administrator-password");
        try (Tarn tarn = Tarn.start(data).image(image).ready()) {
            String[] words = Files.readString(file).strip().split(" ");
            assertThat(words).hasSize(2);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
            assertThat(tarn.out().stream().filter(line -> line.contains(words[0] + " " + words[1])))
                    .as("shown once")
                    .hasSize(1);
        }
        String before = Files.readString(file);
        try (Tarn tarn = Tarn.start(data).image(image).ready()) {
            assertThat(Files.readString(file)).isEqualTo(before);
            assertThat(String.join("\n", tarn.out()))
                    .doesNotContain(before.strip().split(" ")[1]);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "http.prot=1         | unknown key 'http.prot', the nearest known one is 'http.port'",
                "mqtt.prt=1          | the nearest known one is 'mqtt.port'",
                "nonsense=1          | unknown key 'nonsense'",
                "http.port=x         | 'http.port' wants a whole number",
                "http.port=65536     | 65535",
                "log.level=loud      | 'log.level' wants one of",
                "http.host=0.0.0.0   | loopback"
            })
    void a_wrong_setting_is_refused_with_the_reason(String setting, String told) throws Exception {
        refused(Tarn.dev(folder).with("--set", setting.strip()).ended(), 2, told);
    }

    @Test
    void a_wrong_file_is_refused_with_its_lines_and_a_missing_bundles_section_is_a_warning() throws Exception {
        Path wrong = Files.writeString(folder.resolve("wrong.yaml"), "http:\n  prot: 1\n");
        refused(Tarn.dev(folder).with("--conf", wrong.toString()).ended(), 2, "wrong.yaml:2", "'http.port'");
        refused(Tarn.dev(folder).with("--conf", folder + "/none.yaml").ended(), 2, "none.yaml is not there");

        Path absent = Files.writeString(
                folder.resolve("absent.yaml"),
                "cluster:\n  port: 1\namqp:\n  port: off\nmqtt:\n  port: off\nadmin:\n  port: 0\n");
        try (Tarn tarn = Tarn.command("dev", "--data", folder.toString(), "--conf", absent.toString())
                .set("http.port", 0)
                .ready()) {
            assertThat(tarn.err()).singleElement().asString().contains("section 'cluster' is ignored");
            assertThat(tarn.listeners()).containsOnlyKeys("admin", "http");
        }
    }

    @Test
    void a_taken_port_is_refused_and_the_data_directory_let_go_and_one_in_use_is_refused_and_its_user_goes_on()
            throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            refused(
                    Tarn.dev(folder).set("mqtt.port", taken.getLocalPort()).ended(),
                    1,
                    "mqtt",
                    ":" + taken.getLocalPort(),
                    "in use");
        }
        try (Tarn first = Tarn.dev(folder).ready()) {
            refused(Tarn.dev(folder).ended(), 1, folder.toString(), "in use", String.valueOf(first.pid()));
            assertThat(Http.get(first, "/nothing/there").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void data_that_cannot_be_opened_is_refused_with_the_reason() throws Exception {
        assertThat(Tarn.dev(folder).ready().stop()).isZero();
        Path format = folder.resolve("store/format");
        String written = Files.readString(format);
        Files.writeString(format, written.replaceFirst("format=[0-9]+", "format=9"));
        refused(Tarn.dev(folder).ended(), 1, "format says format 9", "use the version that wrote it");
        Files.writeString(format, written);
        Path quarantine = folder.resolve("store/quarantine");
        Files.writeString(quarantine, "a tree is damaged");
        refused(Tarn.dev(folder).ended(), 1, "in quarantine", "a tree is damaged", "tarn restore");
        Files.delete(quarantine);
        assertThat(Tarn.dev(folder).ready().stop()).isZero();
    }

    @Test
    void a_node_that_is_ready_can_be_reached_over_all_its_listeners() throws Exception {
        int admin = free();
        int mqtt = free();
        CompletableFuture<Void> reached = CompletableFuture.runAsync(() -> {
            URI health = URI.create("http://127.0.0.1:" + admin + "/health/ready");
            for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60); status(health) != 200; ) {
                assertThat(System.nanoTime()).isLessThan(end);
            }
            // On no second try.
            assertThatCode(() -> new Socket(InetAddress.getLoopbackAddress(), mqtt).close())
                    .doesNotThrowAnyException();
            assertThat(folder.resolve("listeners")).content().contains("mqtt ");
        });
        try (Tarn tarn =
                Tarn.dev(folder).set("admin.port", admin).set("mqtt.port", mqtt).ready()) {
            reached.get(60, TimeUnit.SECONDS);
            assertThat(tarn.err()).isEmpty();
        }
    }

    /** A port that nobody has at the moment. */
    private static int free() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** The status of an answer; 0 while nobody answers. */
    private static int status(URI address) {
        try {
            return CLIENT.send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        } catch (IOException nobody) {
            return 0;
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    @Test
    void a_data_directory_that_cannot_be_made_is_refused() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "");
        refused(Tarn.dev(file).ended(), 1, file.toString());
        refused(Tarn.dev(file.resolve("below")).ended(), 1, file.toString());
    }

    @Test
    void a_bundle_of_the_image_that_does_not_resolve_is_refused_by_name() throws Exception {
        Path image = copy(Tarn.IMAGE, folder.resolve("image"));
        try (Stream<Path> jars = Files.list(image.resolve("system/20"))) {
            Files.delete(jars.filter(jar -> jar.getFileName().toString().startsWith("netty-buffer"))
                    .findFirst()
                    .orElseThrow());
        }
        refused(
                Tarn.dev(folder.resolve("data")).image(image).ended(),
                1,
                "does not resolve",
                "no package io.netty.buffer");
    }

    @Test
    void without_the_bundles_of_the_administration_everything_else_starts_and_serves() throws Exception {
        Path image = copy(Tarn.IMAGE, folder.resolve("image"));
        try (Stream<Path> files = Files.walk(image.resolve("system"))) {
            for (Path file : files.toList()) {
                String name = String.valueOf(file.getFileName());
                if (name.startsWith("tarn-operations-") || name.startsWith("tarn-console-")) {
                    Files.delete(file);
                }
            }
        }
        try (Tarn tarn = Tarn.dev(folder.resolve("data")).image(image).ready()) {
            assertThat(tarn.listeners()).containsOnlyKeys("http", "mqtt");
            try (Mqtt mqtt = Mqtt.tcp(Mqtt.V5, tarn.port("mqtt")).subscribe("x/#", 1);
                    EventReader events = new EventReader(tarn.uri("/x/1"), "Accept", "text/event-stream")) {
                assertThat(events.head().statusCode()).isEqualTo(200);
                assertThat(Http.put(tarn, "/x/1", "42").statusCode()).isEqualTo(201);
                assertThat(mqtt.next().text()).isEqualTo("42");
                assertThat(events.next().data()).contains("42");
            }
            assertThat(tarn.err()).as("a key of a bundle that is not there").hasSize(1);
            assertThat(tarn.err().get(0)).contains("section 'admin' is ignored");
        }
    }

    static Path copy(Path from, Path to) throws Exception {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path each : all.toList()) {
                Path target = to.resolve(from.relativize(each).toString());
                if (Files.isDirectory(each) && !each.startsWith(from.resolve("data"))) {
                    Files.createDirectories(target);
                } else if (!each.startsWith(from.resolve("data"))) {
                    Files.copy(each, target, java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
        return to;
    }
}
