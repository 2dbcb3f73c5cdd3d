// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.security.Credentials;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Browsers that show a cookie, and pages that are not to use it. */
class CookieTest {

    private static final Credentials.Cookie COOKIE = new Credentials.Cookie(House.COOKIE);

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private House house;

    @BeforeEach
    void start() {
        house = new House(Map.of("origins", new String[] {"https://app.example"}));
        house.add(new Echo("echo"));
    }

    @AfterEach
    void stop() {
        house.close();
    }

    private HttpResponse<String> send(String method, String... headers) throws IOException, InterruptedException {
        InetSocketAddress at = house.address();
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + at.getPort() + "/a"))
                .method(method, HttpRequest.BodyPublishers.noBody());
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void who_shows_the_cookie_is_who_logged_in() throws Exception {
        assertThat(send("GET", "Cookie", "x=y; tarn-session=" + House.COOKIE).body())
                .contains(" ada ");
        assertThat(send("GET", "Cookie", "x=y").body()).contains(" anonymous ");
        assertThat(send("GET", "Cookie", "tarn-session=wrong").statusCode()).isEqualTo(401);
    }

    /** Only TLS may say that it came by TLS; another's prefix is another cookie. */
    @ParameterizedTest
    @ValueSource(strings = {"__Host-tarn=", "tarn-session2=", "xtarn-session="})
    void a_cookie_of_another_name_is_none(String name) throws Exception {
        assertThat(send("GET", "Cookie", name + House.COOKIE).body()).contains(" anonymous ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "PATCH", "DELETE"})
    void a_change_needs_a_proof_that_a_page_of_ours_sent_it(String method) throws Exception {
        String cookie = "tarn-session=" + House.COOKIE;
        assertThat(send(method, "Cookie", cookie).statusCode()).isEqualTo(403);
        assertThat(send(method, "Cookie", cookie, "X-CSRF-Token", "guess").statusCode())
                .isEqualTo(403);
        assertThat(send(method, "Cookie", cookie, "X-CSRF-Token", House.COOKIE).statusCode())
                .isEqualTo(403);
        assertThat(send(method, "Cookie", cookie, "X-CSRF-Token", COOKIE.proof())
                        .body())
                .startsWith(method)
                .contains(" ada ");
    }

    /** On one connection, where the one before was let in. */
    @Test
    void each_change_is_looked_at_anew() throws Exception {
        String cookie = "tarn-session=" + House.COOKIE;
        for (int i = 0; i < 2; i++) {
            assertThat(send("POST", "Cookie", cookie, "X-CSRF-Token", COOKIE.proof())
                            .statusCode())
                    .isEqualTo(200);
            assertThat(send("POST", "Cookie", cookie).statusCode()).isEqualTo(403);
            assertThat(send("GET", "Cookie", cookie).statusCode()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource({"same, 200", "https://evil.example, 403", "null, 403", "https://app.example, 200"})
    void what_a_browser_says_of_the_page_counts(String origin, int status) throws Exception {
        String own = "http://127.0.0.1:" + house.address().getPort();
        HttpResponse<String> answer =
                send("POST", "Cookie", "tarn-session=" + House.COOKIE, "Origin", origin.equals("same") ? own : origin);
        assertThat(answer.statusCode()).isEqualTo(status);
    }

    @Test
    void a_name_and_password_come_before_a_cookie() throws Exception {
        String basic = java.util.Base64.getEncoder()
                .encodeToString("ada:wrong".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        assertThat(send("GET", "Cookie", "tarn-session=" + House.COOKIE, "Authorization", "Basic " + basic)
                        .statusCode())
                .isEqualTo(401);
    }
}
