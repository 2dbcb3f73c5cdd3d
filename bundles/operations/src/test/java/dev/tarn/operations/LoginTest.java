// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.security.Logins;
import dev.tarn.security.GivenLogins;
import dev.tarn.security.StoredUsers;
import dev.tarn.testkit.Node;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Logging in over HTTP for a token or a cookie. */
class LoginTest {
    private static final String LOGIN =
            "{\"name\":\"" + Node.ADMINISTRATOR + "\",\"password\":\"" + Node.PASSWORD + "\"}";
    private static final String BASIC = "Basic "
            + Base64.getEncoder()
                    .encodeToString((Node.ADMINISTRATOR + ":" + Node.PASSWORD).getBytes(StandardCharsets.UTF_8));

    @TempDir
    Path directory;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private Node node;

    @BeforeEach
    void start() {
        node = Node.in(directory).passwords().stream(services -> {
                    Logins logins = new GivenLogins((StoredUsers) services.users());
                    AdminDoor door = services.make(AdminDoor.class);
                    door.addProtocol(
                            new AdminLoginProtocol(services.bodies(), services.users(), logins),
                            Map.of("service.ranking", 1_000));
                    door.addProtocol(new OperationsProtocol(services.bodies(), services.access()), Map.of());
                    return door;
                })
                .start();
    }

    @AfterEach
    void stop() {
        node.close();
    }

    private HttpResponse<String> send(String method, String path, String body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + node.port("admin") + path))
                .method(method, BodyPublishers.ofString(body));
        if (!body.isEmpty()) {
            request.header("Content-Type", "application/json");
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private static String field(HttpResponse<String> answer, String name) {
        Matcher matcher = Pattern.compile("\"" + name + "\":\"([^\"]+)\"").matcher(answer.body());
        assertThat(matcher.find()).as(answer.body()).isTrue();
        return matcher.group(1);
    }

    private int status(String... headers) throws Exception {
        return send("GET", "/operations", "", headers).statusCode();
    }

    @Test
    void a_password_is_worth_two_tokens_and_those_the_next_two() throws Exception {
        HttpResponse<String> given = send("POST", "/auth/token", LOGIN);
        assertThat(given.statusCode()).isEqualTo(200);
        assertThat(given.headers().firstValue("Cache-Control")).contains("no-store");
        assertThat(given.body()).contains("\"token_type\":\"Bearer\"").contains("\"expires_in\":900");
        // None of the operations is here, but who may see them is let in.
        assertThat(status("Authorization", "Bearer " + field(given, "access_token")))
                .isEqualTo(403);
        assertThat(status("Authorization", "Bearer " + field(given, "refresh_token")))
                .isEqualTo(401);
        String refresh = "{\"refresh_token\":\"" + field(given, "refresh_token") + "\"}";
        HttpResponse<String> next = send("POST", "/auth/refresh", refresh);
        assertThat(next.statusCode()).isEqualTo(200);
        assertThat(status("Authorization", "Bearer " + field(next, "access_token")))
                .isEqualTo(403);
        assertThat(send("POST", "/auth/revoke", "{\"refresh_token\":\"" + field(next, "refresh_token") + "\"}")
                        .statusCode())
                .isEqualTo(204);
        assertThat(status("Authorization", "Bearer " + field(next, "access_token")))
                .isEqualTo(401);
        assertThat(send("POST", "/auth/token", "", "Authorization", BASIC).statusCode())
                .isEqualTo(200);
    }

    @Test
    void a_password_is_worth_a_cookie_that_pages_cannot_read() throws Exception {
        HttpResponse<String> opened = send("POST", "/auth/session", LOGIN);
        assertThat(opened.statusCode()).isEqualTo(200);
        String set = opened.headers().firstValue("Set-Cookie").orElseThrow();
        assertThat(set).matches("tarn-session=[A-Za-z0-9_-]{43}; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict");
        String cookie = set.substring(0, set.indexOf(';'));
        HttpResponse<String> whose = send("GET", "/auth/session", "", "Cookie", cookie);
        assertThat(field(whose, "user")).isEqualTo(Node.ADMINISTRATOR);
        assertThat(field(whose, "csrf")).isEqualTo(field(opened, "csrf"));
        assertThat(status("Cookie", cookie)).isEqualTo(403);
        assertThat(send("DELETE", "/auth/session", "", "Cookie", cookie).statusCode())
                .isEqualTo(403);
        HttpResponse<String> left =
                send("DELETE", "/auth/session", "", "Cookie", cookie, "X-CSRF-Token", field(opened, "csrf"));
        assertThat(left.statusCode()).isEqualTo(204);
        assertThat(left.headers().firstValue("Set-Cookie").orElseThrow())
                .startsWith("tarn-session=; Path=/; Max-Age=0");
        assertThat(status("Cookie", cookie)).isEqualTo(401);
        assertThat(send("GET", "/auth/session", "", "Cookie", cookie).statusCode())
                .isEqualTo(401);
        assertThat(send("GET", "/auth/session", "").statusCode()).isEqualTo(401);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/auth/token", "/auth/session"})
    void what_is_no_login_is_refused(String path) throws Exception {
        assertThat(send("POST", path, "{\"name\":\"admin\",\"password\":\"guess\"}")
                        .statusCode())
                .isEqualTo(401);
        assertThat(send("POST", path, "{\"name\":\"admin\"}").statusCode()).isEqualTo(400);
        assertThat(send("POST", path, "[]").statusCode()).isEqualTo(400);
        assertThat(send("POST", path, "{").statusCode()).isEqualTo(400);
        assertThat(send("POST", path, "").statusCode()).isEqualTo(400);
        assertThat(send("POST", path, "", "Authorization", "Bearer x").statusCode())
                .isEqualTo(401);
        assertThat(send("PUT", path, LOGIN).statusCode()).isEqualTo(405);
        assertThat(send("POST", path, LOGIN, "Origin", "https://evil.example").statusCode())
                .isEqualTo(403);
        assertThat(send("POST", path, "{\"name\":\"admin\",\"password\":\"" + "x".repeat(70_000) + "\"}")
                        .statusCode())
                .isEqualTo(413);
    }
}
