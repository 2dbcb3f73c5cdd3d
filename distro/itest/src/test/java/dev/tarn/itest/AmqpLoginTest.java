// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.testkit.RawClient;
import jakarta.jms.JMSRuntimeException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ways to log in over AMQP with Apache Qpid JMS: plain bytes and TLS on one port, and WebSockets. */
class AmqpLoginTest {
    private static final AtomicInteger IDS = new AtomicInteger();

    @TempDir
    static Path folder;

    private static Papers papers;
    private static Tarn tarn;
    private static String name;
    private static String password;

    @BeforeAll
    static void start() throws Exception {
        papers = new Papers(folder.resolve("papers"));
        papers.client("nobody");
        papers.client("admin");
        new Papers(folder.resolve("others")).client("admin");
        tarn = papers.shown(Tarn.start(folder.resolve("data")))
                .set("amqp.port", 0)
                .set("amqp.plainNeedsTls", true)
                .ready()
                .administered(folder.resolve("data"));
        name = String.valueOf(tarn.login().name());
        password = String.valueOf(tarn.login().password());
        assertThat(name).as("the common name of his certificate").isEqualTo("admin");
    }

    @AfterAll
    static void stop() throws Exception {
        assertThat(tarn.stop()).as(tarn::said).isZero();
    }

    private static String address(String scheme, String mechanism, @Nullable Path keys) {
        boolean socket = scheme.startsWith("amqpws");
        String address = scheme + "://127.0.0.1:" + tarn.port(socket ? "http" : "amqp") + (socket ? "/any" : "")
                + "?amqp.saslMechanisms=" + mechanism;
        if (scheme.endsWith("s") && !scheme.equals("amqpws")) {
            address += "&transport.storeType=PKCS12&transport.trustStoreLocation=" + papers.path("trusted.p12")
                    + "&transport.trustStorePassword=" + Papers.PASSWORD;
        }
        if (scheme.equals("amqpwss")) {
            // By itself this client says that a page with http: sends it.
            address += "&transport.ws.httpHeader.Origin=https://127.0.0.1:" + tarn.port("http");
        }
        return keys == null
                ? address
                : address + "&transport.keyStoreLocation=" + keys + "&transport.keyStorePassword=" + Papers.PASSWORD;
    }

    /** Puts a row over AMQP and looks for it over HTTP. */
    private static void works(String address, @Nullable String user, @Nullable String secret) throws Exception {
        String path = "login/" + IDS.incrementAndGet();
        try (Jms client = Jms.to(address, user, secret)) {
            client.publish(path, "in", true);
        }
        assertThat(Http.text(Http.get(tarn, "/" + path))).isEqualTo("in");
    }

    private static void refused(String address, @Nullable String user, @Nullable String secret) {
        assertThatThrownBy(() -> Jms.to(address, user, secret).close()).isInstanceOf(JMSRuntimeException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "amqp, SCRAM-SHA-256",
        "amqps, SCRAM-SHA-256",
        "amqps, PLAIN",
        "amqpws, SCRAM-SHA-256",
        "amqpwss, SCRAM-SHA-256",
        "amqpwss, PLAIN"
    })
    void a_name_and_the_right_password_let_in_and_no_other(String scheme, String mechanism) throws Exception {
        String address = address(scheme, mechanism, null);
        works(address, name, password);
        double before = refusals();
        refused(address, name, "wrong");
        refused(address, "nobody", password);
        assertThat(refusals()).isGreaterThanOrEqualTo(before + 2);
    }

    @ParameterizedTest
    @CsvSource({"amqp", "amqpws"})
    void passwords_travel_encrypted_only_where_that_is_configured(String scheme) {
        refused(address(scheme, "PLAIN", null), name, password);
    }

    @Test
    void a_certificate_lets_in_whom_it_names() throws Exception {
        String address = address("amqps", "EXTERNAL", papers.path("admin.p12"));
        works(address, null, null);
        works(address("amqpwss", "EXTERNAL", papers.path("admin.p12")), null, null);
        refused(address("amqps", "EXTERNAL", papers.path("nobody.p12")), null, null);
        refused(address("amqps", "EXTERNAL", null), null, null);
        refused(address("amqps", "EXTERNAL", folder.resolve("others/admin.p12")), null, null);
    }

    @ParameterizedTest
    @CsvSource({"amqp", "amqps", "amqpws"})
    void strangers_get_nothing(String scheme) {
        refused(address(scheme, "ANONYMOUS", null), null, null);
    }

    @Test
    void who_says_nothing_about_himself_is_told_to_go() throws Exception {
        try (RawClient raw = new RawClient(tarn.port("amqp"))) {
            // Without SASL, AMQP 1.0 §2.7.1: open, the container is called x.
            raw.send(RawClient.bytes("414d515000010000" + "0000001102000000" + "005310c00401a10178"));
            assertThat(new String(raw.readToEnd(), StandardCharsets.ISO_8859_1)).contains("amqp:unauthorized-access");
        }
    }

    private static double refusals() throws Exception {
        HttpRequest asked = HttpRequest.newBuilder(URI.create("http://" + tarn.address("admin") + "/metrics"))
                .headers(tarn.login().headers())
                .build();
        String metrics =
                HttpClient.newHttpClient().send(asked, BodyHandlers.ofString()).body();
        Matcher counted = Pattern.compile("tarn_refused_total\\{protocol=\"amqp\"} (\\S+)")
                .matcher(metrics);
        return counted.find() ? Double.parseDouble(counted.group(1)) : 0;
    }
}
