// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.WebSocketClient;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What roles allow on the built image: role by verb by protocol, each cell expected; deny by default. */
class RolesTest {
    @TempDir
    static Path data;

    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static Tarn tarn;
    private static String administrator;

    /** What somebody wants. */
    private enum Verb {
        ROW,
        COLLECTION,
        QUERY,
        SUBSCRIPTION,
        WRITE,
        CHANGE,
        REMOVAL,
        MESSAGE
    }

    private enum Protocol {
        HTTP,
        SSE,
        WEBSOCKET,
        MQTT3,
        MQTT5,
        /** A session that outlasts its connections, so that what it hears comes by way of the log. */
        DURABLE,
        /** MQTT 5 over WebSocket. */
        TUNNEL,
        AMQP
    }

    private record Role(String name, String json, Set<Verb> allowed) {}

    private static final Set<Verb> READING = EnumSet.of(Verb.ROW, Verb.COLLECTION, Verb.QUERY, Verb.SUBSCRIPTION);

    private static final List<Role> ROLES = List.of(
            new Role("none", "", Set.of()),
            new Role("reader", "\"tables\":[{\"table\":\"Notes\",\"read\":true}]", READING),
            new Role("own", "\"tables\":[{\"table\":\"Notes\",\"read\":[\"text\"],\"rows\":\"owner=%u\"}]", READING),
            new Role(
                    "writer",
                    "\"tables\":[{\"table\":\"Notes\",\"insert\":true,\"update\":true}]",
                    Set.of(Verb.WRITE, Verb.CHANGE)),
            new Role("remover", "\"tables\":[{\"table\":\"Notes\",\"delete\":true}]", Set.of(Verb.REMOVAL)),
            new Role("publisher", "\"publish\":[\"notes/#\"]", Set.of(Verb.MESSAGE)),
            new Role("listener", "\"subscribe\":[\"notes/#\"]", Set.of(Verb.SUBSCRIPTION)),
            new Role("elsewhere", "\"publish\":[\"other/#\"],\"subscribe\":[\"other/#\"]", Set.of()),
            new Role("all", "\"administrator\":true", EnumSet.allOf(Verb.class)));

    @BeforeAll
    static void start() throws Exception {
        Path application = Files.createDirectories(data.resolve("deploy/notes"));
        Files.writeString(application.resolve("schema.graphql"), """
                type Notes @table @export {
                  id: ID @primaryKey
                  owner: String @indexed
                  text: String
                }
                type Ledger @table(audit: true) @export {
                  id: ID @primaryKey
                  amount: Int
                }
                """);
        Files.writeString(application.resolve("config.yaml"), "rest: true\ngraphqlSchema:\n  files: schema.graphql\n");
        tarn = Tarn.start(data)
                .set("security.argon2.memory", 1_024)
                .set("amqp.port", 0)
                .ready();
        administrator =
                Files.readString(data.resolve("administrator-password")).strip().replaceFirst(" ", ":");
        Eventually.passes(Duration.ofSeconds(60), () -> {
            assertThat(send("/Notes/1", administrator, "PUT", "{\"owner\":\"own\",\"text\":\"one\"}"))
                    .isIn(201, 204);
            return null;
        });
        for (Role role : ROLES) {
            String rest = role.json().isEmpty() ? "" : "," + role.json();
            operation("{\"operation\":\"role_put\",\"name\":\"" + role.name() + "\"" + rest + "}");
            operation("{\"operation\":\"user_put\",\"name\":\"" + role.name()
                    + "\",\"password\":\"secret\",\"roles\":[\"" + role.name() + "\"]}");
        }
    }

    @AfterAll
    static void stop() throws Exception {
        tarn.close();
    }

    private static void operation(String json) throws Exception {
        HttpResponse<String> answer = CLIENT.send(
                HttpRequest.newBuilder(URI.create("http://" + tarn.address("admin") + "/operations"))
                        .timeout(Duration.ofSeconds(60))
                        .header("Content-Type", "application/json")
                        .header("Authorization", basic(administrator))
                        .POST(HttpRequest.BodyPublishers.ofString(json))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(json + ": " + answer.body()).isEqualTo(200);
    }

    private static String basic(String pair) {
        return "Basic " + java.util.Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    private static int send(String path, String who, String method, String body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(tarn.uri(path))
                .timeout(Duration.ofSeconds(60))
                .header("Authorization", basic(who))
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        HttpResponse<InputStream> answer = CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        answer.body().close();
        return answer.statusCode();
    }

    @TestFactory
    Stream<DynamicTest> every_role_may_over_every_protocol_what_it_says_and_nothing_else() {
        return ROLES.stream()
                .flatMap(role -> Arrays.stream(Protocol.values())
                        .flatMap(protocol -> Arrays.stream(Verb.values())
                                .filter(verb -> speaks(protocol, verb))
                                .map(verb -> DynamicTest.dynamicTest(
                                        role.name() + " " + protocol + " " + verb,
                                        () -> assertThat(allowed(role.name(), protocol, verb))
                                                .isEqualTo(role.allowed().contains(verb))))));
    }

    /** Whether a refusal of the verb can be seen over the protocol: MQTT 3 does not tell publishers. */
    private static boolean speaks(Protocol protocol, Verb verb) {
        return switch (protocol) {
            case HTTP -> verb != Verb.SUBSCRIPTION;
            case SSE, MQTT3 -> verb == Verb.SUBSCRIPTION;
            case WEBSOCKET -> verb != Verb.COLLECTION && verb != Verb.QUERY;
            case AMQP -> verb != Verb.COLLECTION;
            case MQTT5, DURABLE, TUNNEL ->
                verb == Verb.SUBSCRIPTION || verb == Verb.WRITE || verb == Verb.MESSAGE || verb == Verb.REMOVAL;
        };
    }

    private static boolean allowed(String user, Protocol protocol, Verb verb) throws Exception {
        return switch (protocol) {
            case HTTP -> http(user, verb);
            case SSE -> send("/Notes/", user + ":secret", "GET", "", "Accept", "text/event-stream") == 200;
            case WEBSOCKET -> webSocket(user, verb);
            case AMQP -> amqp(user, verb);
            case MQTT3 -> mqtt(() -> Mqtt.tcp(Mqtt.V4, tarn.port("mqtt"), user, "secret"), user, verb);
            case MQTT5 -> mqtt(() -> Mqtt.tcp(Mqtt.V5, tarn.port("mqtt"), user, "secret"), user, verb);
            case DURABLE ->
                mqtt(
                        () -> Mqtt.session(tarn.port("mqtt"), "lasting-" + user, new Tarn.Login(user, "secret")),
                        user,
                        verb);
            case TUNNEL ->
                mqtt(
                        () -> Mqtt.session(webSocket("/mqtt"), "tunnel-" + user, new Tarn.Login(user, "secret")),
                        user,
                        verb);
        };
    }

    private static URI webSocket(String path) {
        return URI.create("ws://" + tarn.address("http") + path);
    }

    /** By what the server says to one request with a reference, or whether it lets somebody watch. */
    private static boolean webSocket(String user, Verb verb) throws Exception {
        String[] login = new Tarn.Login(user, "secret").headers();
        String note = "\"value\":{\"owner\":\"own\",\"text\":\"one\"}";
        String asked = switch (verb) {
            case SUBSCRIPTION -> "\"type\":\"subscribe\",\"path\":\"Notes/#\"";
            case ROW -> "\"type\":\"get\",\"path\":\"Notes/1\"";
            case WRITE -> "\"type\":\"put\",\"path\":\"Notes/w" + user + "\"," + note;
            case CHANGE -> "\"type\":\"patch\",\"path\":\"Notes/1\"," + note;
            case REMOVAL -> "\"type\":\"delete\",\"path\":\"Notes/gone\"";
            default -> "\"type\":\"message\",\"path\":\"Notes/1\",\"value\":{}";
        };
        if (verb == Verb.REMOVAL) {
            send("/Notes/gone", administrator, "PUT", "{\"owner\":\"own\"}");
        }
        try (WebSocketClient client = new WebSocketClient(webSocket("/?subscribe=false"), null, login)) {
            client.send("{" + asked + ",\"ref\":\"r\"}");
            while (true) {
                String answer = client.nextText();
                if (answer.contains("\"ref\":\"r\"")) {
                    assertThat(answer).containsAnyOf("\"ok\"", "\"error\"");
                    return answer.contains("\"ok\"");
                }
            }
        }
    }

    private static boolean amqp(String user, Verb verb) throws Exception {
        String note = "{\"owner\":\"own\",\"text\":\"one\"}";
        if (verb == Verb.REMOVAL) {
            send("/Notes/gone", administrator, "PUT", note);
        }
        try (Amqp client = new Amqp(tarn.port("amqp"), user, "secret")) {
            return switch (verb) {
                case ROW -> client.asks("Notes/1", "").contains("one");
                case QUERY -> client.asks("Notes/", "text=one").contains("one");
                case SUBSCRIPTION -> client.receives("Notes/#");
                case WRITE -> client.sends("Notes/a" + user, "put", note);
                case CHANGE -> client.sends("Notes/1", "patch", "{\"text\":\"one\"}");
                case REMOVAL -> client.sends("Notes/gone", "delete", "");
                case MESSAGE -> client.sends("Notes/1", "", "{}");
                case COLLECTION -> throw new IllegalArgumentException("a query without conditions");
            };
        }
    }

    /** Opens a connection. */
    private interface Opening {
        Mqtt open() throws Exception;
    }

    private static boolean http(String user, Verb verb) throws Exception {
        String who = user + ":secret";
        String note = "{\"owner\":\"own\",\"text\":\"one\"}";
        int status = switch (verb) {
            case ROW -> send("/Notes/1", who, "GET", "");
            case COLLECTION -> send("/Notes/", who, "GET", "");
            case QUERY -> send("/Notes/?text=one", who, "GET", "");
            case WRITE -> send("/Notes/" + user, who, "PUT", note);
            case CHANGE -> send("/Notes/1", who, "PATCH", "{\"text\":\"one\"}");
            case REMOVAL -> {
                send("/Notes/gone", administrator, "PUT", note);
                yield send("/Notes/gone", who, "DELETE", "");
            }
            case MESSAGE -> send("/Notes/1", who, "POST", "{}");
            case SUBSCRIPTION -> throw new IllegalArgumentException("not over HTTP alone");
        };
        assertThat(status).isIn(200, 201, 202, 204, 403, 404);
        return status < 300;
    }

    private static boolean mqtt(Opening opening, String user, Verb verb) throws Exception {
        try (Mqtt client = opening.open()) {
            switch (verb) {
                case SUBSCRIPTION -> client.subscribe("Notes/#", 1);
                case WRITE -> client.publish("Notes/m" + user, "{\"owner\":\"own\",\"text\":\"m\"}", 1, true);
                case REMOVAL -> {
                    send("/Notes/gone", administrator, "PUT", "{\"owner\":\"own\"}");
                    client.publish("Notes/gone", "", 1, true);
                }
                default -> client.publish("Notes/1", "{}", 1, false);
            }
            return true;
        } catch (Mqtt.Refused refused) {
            return false;
        }
    }

    /** What came while the client was away is in the log, and what it may not see stays there. */
    @Test
    void a_lasting_session_gets_what_its_user_may_see_when_he_comes_back() throws Exception {
        Tarn.Login login = new Tarn.Login("own", "secret");
        try (Mqtt own = Mqtt.session(tarn.port("mqtt"), "away", login)) {
            own.subscribe("Notes/+", 1);
        }
        send("/Notes/later1", administrator, "PUT", "{\"owner\":\"bob\",\"text\":\"hidden\"}");
        send("/Notes/later2", administrator, "PUT", "{\"owner\":\"own\",\"text\":\"shown\"}");
        try (Mqtt own = Mqtt.session(tarn.port("mqtt"), "away", login)) {
            while (true) {
                Mqtt.Message message = own.next();
                assertThat(message.text()).doesNotContain("hidden").doesNotContain("owner");
                if (message.topic().equals("Notes/later2")) {
                    break;
                }
            }
        }
    }

    /** Whoever of a group may see all rows is told of them; here nobody is. */
    @Test
    void who_shares_a_subscription_is_told_of_no_row_that_he_may_not_see() throws Exception {
        operation("{\"operation\":\"role_put\",\"name\":\"team\",\"subscribe\":[\"Notes/#\"],"
                + "\"tables\":[{\"table\":\"Notes\",\"read\":true,\"rows\":\"owner=%u\"}]}");
        operation("{\"operation\":\"user_put\",\"name\":\"team\",\"password\":\"secret\",\"roles\":[\"team\"]}");
        try (Mqtt member = Mqtt.tcp(Mqtt.V5, tarn.port("mqtt"), "team", "secret");
                Mqtt all = Mqtt.tcp(Mqtt.V5, tarn.port("mqtt"), "all", "secret")) {
            member.subscribe("$share/team/Notes/#", 1);
            all.publish("Notes/shared1", "{\"owner\":\"bob\",\"text\":\"hidden\"}", 1, true);
            all.publish("Notes/shared2", "{\"text\":\"said\"}", 1, false);
            assertThat(member.next().topic()).isEqualTo("Notes/shared2");
        }
    }

    @Test
    void refusals_are_written_down() throws Exception {
        Eventually.passes(Duration.ofMinutes(2), () -> {
            assertThat(send("/Notes/1", "none:secret", "GET", "")).isIn(403, 404);
            HttpResponse<String> answer = CLIENT.send(
                    HttpRequest.newBuilder(URI.create("http://" + tarn.address("admin") + "/operations"))
                            .header("Content-Type", "application/json")
                            .header("Authorization", basic(administrator))
                            .POST(HttpRequest.BodyPublishers.ofString("{\"operation\":\"audit_list\",\"most\":1000}"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(answer.body())
                    .containsPattern(
                            "\"what\":\"read\",\"who\":\"none\",\"allowed\":false,\"protocol\":\"rest\"[^}]*Notes/1");
            return null;
        });
    }

    @Test
    void a_table_that_asks_for_it_has_every_change_in_the_trail() throws Exception {
        assertThat(send("/Ledger/1", administrator, "PUT", "{\"amount\":1}")).isEqualTo(201);
        try (Amqp client = new Amqp(tarn.port("amqp"), "all", "secret")) {
            assertThat(client.sends("Ledger/1", "patch", "{\"amount\":2}")).isTrue();
        }
        try (Mqtt client = Mqtt.tcp(Mqtt.V5, tarn.port("mqtt"), "all", "secret")) {
            client.publish("Ledger/1", "", 1, true);
        }
        String name = administrator.substring(0, administrator.indexOf(':'));
        Eventually.passes(Duration.ofSeconds(60), () -> {
            HttpResponse<String> answer = CLIENT.send(
                    HttpRequest.newBuilder(URI.create("http://" + tarn.address("admin") + "/operations"))
                            .header("Content-Type", "application/json")
                            .header("Authorization", basic(administrator))
                            .POST(HttpRequest.BodyPublishers.ofString("{\"operation\":\"audit_list\",\"most\":1000}"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(answer.body())
                    .containsPattern("\"what\":\"put\",\"who\":\"" + name + "\"[^}]*\"detail\":\"Ledger/1\","
                            + "\"after\":\\{\"id\":\"1\",\"amount\":1\\}")
                    .containsPattern(
                            "\"what\":\"patch\",\"who\":\"all\"[^}]*\"protocol\":\"amqp\"[^}]*\"detail\":\"Ledger/1\","
                                    + "\"before\":\\{\"id\":\"1\",\"amount\":1\\},\"after\":\\{\"id\":\"1\",\"amount\":2\\}")
                    .containsPattern(
                            "\"what\":\"delete\",\"who\":\"all\"[^}]*\"protocol\":\"mqtt\"[^}]*\"detail\":\"Ledger/1\","
                                    + "\"before\":\\{\"id\":\"1\",\"amount\":2\\}");
            return null;
        });
    }

    @Test
    void a_role_of_operations_runs_these_and_no_others() throws Exception {
        operation("{\"operation\":\"role_put\",\"name\":\"watcher\",\"operations\":[\"status\"]}");
        operation("{\"operation\":\"user_put\",\"name\":\"watcher\",\"password\":\"secret\",\"roles\":[\"watcher\"]}");
        for (String[] cell : new String[][] {
            {"watcher", "status", "200"}, {"watcher", "user_list", "403"}, {"reader", "status", "403"}
        }) {
            HttpResponse<String> answer = CLIENT.send(
                    HttpRequest.newBuilder(URI.create("http://" + tarn.address("admin") + "/operations"))
                            .header("Content-Type", "application/json")
                            .header("Authorization", basic(cell[0] + ":secret"))
                            .POST(HttpRequest.BodyPublishers.ofString("{\"operation\":\"" + cell[1] + "\"}"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(String.join(" ", cell)).isEqualTo(Integer.parseInt(cell[2]));
        }
    }

    @Test
    void rows_and_attributes_out_of_sight_are_not_delivered() throws Exception {
        try (Mqtt own = Mqtt.tcp(Mqtt.V5, tarn.port("mqtt"), "own", "secret")) {
            own.subscribe("Notes/seen", 1);
            send("/Notes/seen", administrator, "PUT", "{\"owner\":\"bob\",\"text\":\"hidden\"}");
            send("/Notes/seen", administrator, "PUT", "{\"owner\":\"own\",\"text\":\"shown\"}");
            assertThat(Http.json(own.next().text())).isEqualTo(Http.json("{\"id\":\"seen\",\"text\":\"shown\"}"));
        }
    }

    @Test
    void descriptions_name_no_attribute_that_a_role_may_not_read() throws Exception {
        for (String path : List.of("/openapi", "/Notes")) {
            assertThat(text(path, "reader:secret")).contains("\"text\"").contains("\"owner\"");
            assertThat(text(path, "own:secret")).contains("\"text\"").doesNotContain("owner");
            assertThat(text(path, "listener:secret")).doesNotContain("\"text\"").doesNotContain("owner");
        }
    }

    private static String text(String path, String who) throws Exception {
        HttpResponse<String> answer = CLIENT.send(
                HttpRequest.newBuilder(tarn.uri(path))
                        .timeout(Duration.ofSeconds(60))
                        .header("Authorization", basic(who))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(200);
        return answer.body();
    }
}
