// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

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
        MQTT3,
        MQTT5
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
                """);
        Files.writeString(application.resolve("config.yaml"), "rest: true\ngraphqlSchema:\n  files: schema.graphql\n");
        tarn = Tarn.start(data).set("security.iterations", 10_000).ready();
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
            case MQTT5 ->
                verb == Verb.SUBSCRIPTION || verb == Verb.WRITE || verb == Verb.MESSAGE || verb == Verb.REMOVAL;
        };
    }

    private static boolean allowed(String user, Protocol protocol, Verb verb) throws Exception {
        return switch (protocol) {
            case HTTP -> http(user, verb);
            case SSE -> send("/Notes/", user + ":secret", "GET", "", "Accept", "text/event-stream") == 200;
            case MQTT3 -> mqtt(Mqtt.V4, user, verb);
            case MQTT5 -> mqtt(Mqtt.V5, user, verb);
        };
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

    private static boolean mqtt(int version, String user, Verb verb) throws Exception {
        try (Mqtt client = Mqtt.tcp(version, tarn.port("mqtt"), user, "secret")) {
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
