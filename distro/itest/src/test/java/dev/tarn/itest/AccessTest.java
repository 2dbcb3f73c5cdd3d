// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.testkit.RawClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Nobody gets in who does not belong there. */
class AccessTest {
    @TempDir
    static Path data;

    @TempDir
    static Path developer;

    private static Tarn tarn;
    private static Tarn dev;
    private static String name;
    private static String password;

    @BeforeAll
    static void start() throws Exception {
        tarn = Tarn.start(data).ready();
        dev = Tarn.dev(developer).ready();
        String[] words =
                Files.readString(data.resolve("administrator-password")).strip().split(" ");
        name = words[0];
        password = words[1];
    }

    @AfterAll
    static void stop() throws Exception {
        tarn.close();
        dev.close();
    }

    private static String status(Tarn server, String request) throws Exception {
        try (RawClient client = new RawClient(server.port("http"))) {
            client.sendText(request.replace("\n", "\r\n").replace("HERE", server.address("http")));
            String head = client.readHttpHead();
            return head.substring("HTTP/1.1 ".length(), "HTTP/1.1 ".length() + 3);
        }
    }

    @Test
    void what_is_kept_is_nobody_elses_to_read() throws Exception {
        List<String> open = new ArrayList<>();
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String permissions = PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
                if (!permissions.endsWith("------")) {
                    open.add(permissions + " " + file);
                }
            }
        }
        assertThat(open).isEmpty();
    }

    @Test
    void a_stranger_is_asked_who_he_is_over_http() throws Exception {
        var answer = Http.get(tarn, "/a/b");
        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.headers().firstValue("WWW-Authenticate").orElse("")).startsWith("Basic");
        assertThat(Http.put(tarn, "/a/b", "1").statusCode()).isEqualTo(401);
        assertThat(Http.get(tarn, "/a/b", "Authorization", Http.basic(name, "wrong"))
                        .statusCode())
                .isEqualTo(401);
        assertThat(Http.get(tarn, "/a/b", "Accept", "text/event-stream").statusCode())
                .isEqualTo(401);
    }

    @Test
    void a_stranger_gets_no_websocket() throws Exception {
        assertThat(status(tarn, """
                        GET /a/b HTTP/1.1
                        Host: HERE
                        Upgrade: websocket
                        Connection: Upgrade
                        Sec-WebSocket-Version: 13
                        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==

                        """)).isEqualTo("401");
    }

    @Test
    void who_speaks_mqtt_over_a_websocket_says_there_who_he_is() throws Exception {
        Mqtt.webSocket(Mqtt.V5, tarn.ws("/mqtt"), name, password).close();
        assertThatThrownBy(() -> Mqtt.webSocket(Mqtt.V5, tarn.ws("/mqtt"), name, "wrong"))
                .isInstanceOf(Mqtt.Refused.class);
        assertThatThrownBy(() -> Mqtt.webSocket(Mqtt.V5, tarn.ws("/mqtt"))).isInstanceOf(Mqtt.Refused.class);
    }

    @Test
    void the_administrator_gets_in_everywhere() throws Exception {
        String header = Http.basic(name, password);
        byte[] one = "1".getBytes(StandardCharsets.UTF_8);
        assertThat(Http.send(tarn, "PUT", "/who/me", one, "Content-Type", "application/json", "Authorization", header)
                        .statusCode())
                .isEqualTo(201);
        try (Mqtt client = Mqtt.tcp(Mqtt.V5, tarn.port("mqtt"), name, password).subscribe("who/me", 0)) {
            assertThat(client.next().text()).isEqualTo("1");
        }
        Mqtt.tcp(Mqtt.V4, tarn.port("mqtt"), name, password).close();
    }

    @ParameterizedTest
    @CsvSource({"4, , ", "5, , ", "4, NAME, wrong", "5, NAME, wrong", "4, nobody, x", "5, nobody, x"})
    void a_stranger_gets_no_mqtt_connection(int version, String user, String secret) {
        String who = "NAME".equals(user) ? name : user;
        assertThatThrownBy(() -> Mqtt.tcp(version, tarn.port("mqtt"), who, secret))
                .isInstanceOf(Mqtt.Refused.class)
                .extracting(refused -> ((Mqtt.Refused) refused).code())
                .as("bad user name or password, or not authorized")
                .isIn(version == Mqtt.V4 ? List.of(4, 5) : List.of(0x86, 0x87));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Host: evil.example | Accept: */* ",
                "Host: 127.0.0.1.evil.example | Accept: */*",
                "Host: HERE | Origin: http://evil.example",
                "Host: HERE | Origin: null",
                "Host: evil.example | Origin: http://evil.example"
            })
    void no_web_page_can_drive_a_developers_server(String host, String other) throws Exception {
        for (String request : new String[] {"GET /a", "PUT /a/b", "DELETE /a/b"}) {
            assertThat(status(dev, request + " HTTP/1.1\n" + host + "\n" + other + "\nContent-Length: 0\n\n"))
                    .as(request)
                    .isIn("400", "403", "421");
        }
        assertThat(status(
                        dev,
                        "GET /a/b HTTP/1.1\n" + host + "\n" + other
                                + "\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13\n"
                                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Protocol: mqtt\n\n"))
                .as("an upgrade")
                .isIn("400", "403", "421");
    }

    @Test
    void a_developers_own_page_and_tools_get_in() throws Exception {
        assertThat(status(dev, "GET /none/there HTTP/1.1\nHost: HERE\n\n")).isEqualTo("404");
        assertThat(status(dev, "GET /none/there HTTP/1.1\nHost: HERE\nOrigin: http://HERE\n\n"))
                .isEqualTo("404");
    }
}
