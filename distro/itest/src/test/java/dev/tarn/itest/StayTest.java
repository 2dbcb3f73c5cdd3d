// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarn.testkit.EventReader;
import dev.tarn.testkit.WebSocketClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.qpid.protonj2.client.exceptions.ClientException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Nobody stays longer than what let him in, over whatever protocol he has come. */
class StayTest {
    @TempDir
    static Path data;

    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final AtomicInteger USERS = new AtomicInteger();

    private static KeyPair issuer;
    private static Tarn tarn;
    private static String administrator;

    /** What let somebody in, and what he shows. */
    private record Shown(String user, String secret, boolean token) {
        String header() {
            return token ? "Bearer " + secret : Http.basic(user, secret);
        }
    }

    /** Somebody who is in. */
    private interface Guest extends AutoCloseable {
        /** How the server ended it: what the protocol has for that. */
        String end() throws Exception;

        /** Makes sure that it is still in. */
        void assertIn() throws Exception;

        @Override
        void close() throws Exception;
    }

    /** How somebody comes in. */
    enum Way {
        MQTT_3("closed", "closed"),
        MQTT_5("135", "160"),
        MQTT_WEBSOCKET("135", "160"),
        WEBSOCKET("1008", "1008"),
        EVENTS("ended", "ended"),
        AMQP("amqp:unauthorized-access", "amqp:unauthorized-access");

        final String revoked;
        final String expired;

        Way(String revoked, String expired) {
            this.revoked = revoked;
            this.expired = expired;
        }

        private Guest enter(Shown shown) throws Exception {
            return switch (this) {
                case MQTT_3 -> guest(Mqtt.tcp(Mqtt.V4, tarn.port("mqtt"), shown.user(), shown.secret()));
                case MQTT_5 -> guest(Mqtt.tcp(Mqtt.V5, tarn.port("mqtt"), shown.user(), shown.secret()));
                case MQTT_WEBSOCKET ->
                    guest(Mqtt.session(
                            tarn.ws("/mqtt"),
                            "stay-" + USERS.incrementAndGet(),
                            new Tarn.Login(shown.user(), shown.secret())));
                case WEBSOCKET -> guest(new WebSocketClient(tarn.ws("/stay/1"), null, "Authorization", shown.header()));
                case EVENTS -> {
                    EventReader events = new EventReader(
                            tarn.uri("/stay/1"), "Accept", "text/event-stream", "Authorization", shown.header());
                    yield events.head().statusCode() == 200 ? guest(events) : refused(events);
                }
                case AMQP -> guest(new Amqp(tarn.port("amqp"), shown.user(), shown.secret()));
            };
        }
    }

    private static Guest refused(EventReader events) throws IOException {
        events.close();
        throw new IOException("refused");
    }

    private static Guest guest(Mqtt client) throws Exception {
        client.subscribe("stay/#", 1);
        return new Guest() {
            @Override
            public String end() throws Exception {
                int reason = client.awaitEnd();
                return reason < 0 ? "closed" : String.valueOf(reason);
            }

            @Override
            public void assertIn() throws Exception {
                assertThat(client.pending()).isNotNegative();
            }

            @Override
            public void close() throws Exception {
                client.cut();
            }
        };
    }

    private static Guest guest(WebSocketClient client) {
        return new Guest() {
            @Override
            public String end() throws Exception {
                return String.valueOf(client.awaitClose().code());
            }

            @Override
            public void assertIn() throws Exception {
                client.send("{\"type\":\"subscribe\",\"path\":\"stay/2\",\"ref\":7}");
                assertThat(client.nextText()).contains("\"ok\"");
            }

            @Override
            public void close() {
                client.close();
            }
        };
    }

    private static Guest guest(EventReader events) {
        return new Guest() {
            @Override
            public String end() throws Exception {
                events.awaitEnd();
                return "ended";
            }

            @Override
            public void assertIn() {
                assertThat(events.ended()).isFalse();
            }

            @Override
            public void close() {
                events.close();
            }
        };
    }

    private static Guest guest(Amqp client) throws Exception {
        try {
            assertThat(client.receives("stay/#")).isTrue();
        } catch (ClientException ended) {
            client.close();
            throw new IOException(ended);
        }
        return new Guest() {
            @Override
            public String end() throws Exception {
                return client.awaitEnd();
            }

            @Override
            public void assertIn() throws Exception {
                assertThat(client.receives("stay/2")).isTrue();
            }

            @Override
            public void close() {
                client.close();
            }
        };
    }

    @BeforeAll
    static void start() throws Exception {
        issuer = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        byte[] encoded = issuer.getPublic().getEncoded();
        Path keys = Files.writeString(
                data.resolve("jwks.json"),
                "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"k\",\"x\":\""
                        + base64(Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length)) + "\"}]}");
        tarn = Tarn.start(data)
                .set("amqp.port", 0)
                .set("security.argon2.memory", 1_024)
                .set("security.issuer.name", "https://login.example")
                .set("security.issuer.audience", "tarn")
                .set("security.issuer.keys", keys)
                .set("security.issuer.skew", 0)
                .ready();
        administrator =
                Http.basic(tarn.administered(data).login().name(), tarn.login().password());
        operation("{\"operation\":\"role_put\",\"name\":\"stay\",\"subscribe\":[\"stay/#\"]}");
    }

    @AfterAll
    static void stop() throws Exception {
        tarn.close();
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static JsonNode operation(String json) throws Exception {
        HttpResponse<String> answer = CLIENT.send(
                HttpRequest.newBuilder(URI.create("http://" + tarn.address("admin") + "/operations"))
                        .timeout(Duration.ofSeconds(60))
                        .header("Content-Type", "application/json")
                        .header("Authorization", administrator)
                        .POST(HttpRequest.BodyPublishers.ofString(json))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(json + ": " + answer.body()).isEqualTo(200);
        return Http.json(answer.body());
    }

    private static String user() throws Exception {
        String name = "guest" + USERS.incrementAndGet();
        operation(
                "{\"operation\":\"user_put\",\"name\":\"" + name + "\",\"password\":\"secret\",\"roles\":[\"stay\"]}");
        return name;
    }

    private static JsonNode token(String user) throws Exception {
        return operation("{\"operation\":\"token_issue\",\"name\":\"" + user + "\"}");
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void a_revoked_token_ends_its_connection_and_no_other(Way way) throws Exception {
        String user = user();
        JsonNode first = token(user);
        JsonNode second = token(user);
        try (Guest guest = way.enter(new Shown(user, first.path("token").asText(), true));
                Guest other = way.enter(new Shown(user, second.path("token").asText(), true));
                Guest word = way.enter(new Shown(user, "secret", false))) {
            operation("{\"operation\":\"token_revoke\",\"id\":\""
                    + first.path("id").asText() + "\"}");
            assertThat(guest.end()).isEqualTo(way.revoked);
            other.assertIn();
            word.assertIn();
        }
    }

    @ParameterizedTest
    @EnumSource(Way.class)
    void a_removed_user_and_one_with_another_password_go(Way way) throws Exception {
        String removed = user();
        String changed = user();
        try (Guest gone = way.enter(new Shown(removed, "secret", false));
                Guest token = way.enter(
                        new Shown(removed, token(removed).path("token").asText(), true));
                Guest former = way.enter(new Shown(changed, "secret", false))) {
            operation("{\"operation\":\"user_put\",\"name\":\"" + changed + "\",\"roles\":[\"stay\",\"more\"]}");
            former.assertIn();
            operation("{\"operation\":\"user_put\",\"name\":\"" + changed + "\",\"password\":\"another\"}");
            assertThat(former.end()).isEqualTo(way.revoked);
            operation("{\"operation\":\"user_remove\",\"name\":\"" + removed + "\"}");
            assertThat(gone.end()).isEqualTo(way.revoked);
            assertThat(token.end()).isEqualTo(way.revoked);
        }
    }

    /** All ways at once, since they wait for the same moment. */
    @Test
    void a_token_that_ends_ends_its_connections() throws Exception {
        String user = user();
        // Where the machine is too slow to let them all in before the token ends, it gets a longer one.
        for (int seconds = 3; ; seconds *= 2) {
            Map<Way, Guest> guests = new EnumMap<>(Way.class);
            try {
                Shown shown = new Shown(user, foreign(user, seconds), true);
                for (Way way : Way.values()) {
                    guests.put(way, way.enter(shown));
                }
                for (Map.Entry<Way, Guest> each : guests.entrySet()) {
                    assertThat(each.getValue().end()).as(each.getKey().name()).isEqualTo(each.getKey().expired);
                }
                return;
            } catch (IOException | IllegalStateException tooLate) {
                assertThat(seconds).as("they were refused: %s", tooLate).isLessThan(60);
            } finally {
                for (Guest guest : guests.values()) {
                    guest.close();
                }
            }
        }
    }

    private static String foreign(String user, int seconds) throws Exception {
        String claims = "{\"iss\":\"https://login.example\",\"aud\":\"tarn\",\"sub\":\"" + user + "\",\"exp\":"
                + (Instant.now().getEpochSecond() + seconds) + "}";
        String signed = base64("{\"alg\":\"EdDSA\",\"kid\":\"k\"}".getBytes(StandardCharsets.UTF_8)) + "."
                + base64(claims.getBytes(StandardCharsets.UTF_8));
        Signature signature = Signature.getInstance("Ed25519");
        signature.initSign(issuer.getPrivate());
        signature.update(signed.getBytes(StandardCharsets.US_ASCII));
        return signed + "." + base64(signature.sign());
    }
}
