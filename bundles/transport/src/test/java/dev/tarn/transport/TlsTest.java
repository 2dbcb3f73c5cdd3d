// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsTest {
    @TempDir
    private Path folder;

    private Papers papers;
    private @Nullable Certificates certificates;
    private @Nullable House house;

    @BeforeEach
    void write() throws Exception {
        papers = new Papers(folder);
        papers.write("one", papers.issue("one.example", 1));
    }

    @AfterEach
    void close() {
        if (house != null) {
            house.close();
        }
        if (certificates != null) {
            certificates.close();
        }
    }

    private House open(Map<String, Object> settings) {
        return open(settings, Map.of());
    }

    private House open(Map<String, Object> settings, Map<String, Object> listener) {
        Map<String, Object> all = new HashMap<>(Map.of(
                "certificate", new String[] {papers.path("one.crt")}, "key", new String[] {papers.path("one.key")}));
        all.put("look", "1h");
        all.putAll(settings);
        certificates = new Certificates(Settings.of(Certificates.Config.class, all));
        house = new House(Map.of("hosts", new String[] {"*"}), listener, certificates);
        house.add(new Echo("echo"));
        return house;
    }

    private static String subject(SSLSocket socket) throws IOException {
        return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
                .getSubjectX500Principal()
                .getName();
    }

    @Test
    void a_request_is_answered_over_both_versions() throws Exception {
        House house = open(Map.of());
        for (String version : new String[] {"TLSv1.3", "TLSv1.2"}) {
            try (SSLSocket socket = Papers.connect(papers.client(null), house.address(), "one.example", version);
                    Wire wire = new Wire(socket)) {
                assertThat(socket.getSession().getProtocol()).isEqualTo(version);
                assertThat(socket.getApplicationProtocol()).isEqualTo("http/1.1");
                assertThat(wire.get("/a").answer().body()).isEqualTo("GET [a]  anonymous ");
                assertThat(wire.get("/b").answer().body()).isEqualTo("GET [b]  anonymous ");
            }
        }
    }

    @Test
    void tls_and_plain_bytes_share_a_port() throws Exception {
        House house = open(Map.of("authorities", papers.path("authority.crt")), Map.of("name", "http"));
        try (Wire wire = house.connect()) {
            assertThat(wire.get("/a").answer().body()).isEqualTo("GET [a]  anonymous ");
        }
        try (SSLSocket socket = Papers.connect(papers.client(null), house.address(), "one.example");
                Wire wire = new Wire(socket)) {
            assertThat(wire.get("/a").answer().body()).isEqualTo("GET [a]  anonymous ");
        }
        SSLContext client = papers.client(papers.issue("ada", 2));
        try (SSLSocket socket = Papers.connect(client, house.address(), "one.example");
                Wire wire = new Wire(socket)) {
            assertThat(wire.get("/a").answer().body()).isEqualTo("GET [a]  ada ");
        }
        // The beginning of a handshake in pieces, and what only looks like one.
        for (String bytes : new String[] {"16", "1603", "160300000002", "16030000000116"}) {
            try (Socket socket =
                    new Socket(house.address().getAddress(), house.address().getPort())) {
                socket.setSoTimeout(30_000);
                for (byte one : java.util.HexFormat.of().parseHex(bytes)) {
                    socket.getOutputStream().write(one);
                }
                socket.shutdownOutput();
                while (socket.getInputStream().read() >= 0) {
                    assertThat(socket.isConnected()).isTrue();
                }
            }
        }
        try (Wire wire = house.connect()) {
            assertThat(wire.get("/b").answer().body()).isEqualTo("GET [b]  anonymous ");
        }
    }

    @Test
    void a_port_may_be_for_plain_bytes_alone() {
        House house = open(Map.of(), Map.of("name", "http", "detectTls", false));
        assertThatIOException().isThrownBy(() -> Papers.connect(papers.client(null), house.address(), "one.example"));
    }

    @Test
    void http_2_is_chosen_by_its_name() throws Exception {
        House house = open(Map.of());
        for (String version : new String[] {"TLSv1.3", "TLSv1.2"}) {
            try (SSLSocket socket = Papers.connect(
                            papers.client(null), house.address(), "one.example", List.of("h2", "http/1.1"), version);
                    Frames frames = new Frames(socket)) {
                assertThat(socket.getApplicationProtocol()).isEqualTo("h2");
                frames.preface();
                frames.get(1, "/a");
                assertThat(frames.answer(1)).isEqualTo("200 GET [a]  anonymous ");
                frames.get(3, "/b");
                assertThat(frames.answer(3)).isEqualTo("200 GET [b]  anonymous ");
            }
        }
    }

    @Test
    void the_last_answer_of_a_connection_is_ended_by_close_notify() throws Exception {
        House house = open(Map.of());
        try (SSLSocket socket = Papers.connect(papers.client(null), house.address(), "one.example");
                Wire wire = new Wire(socket)) {
            wire.send("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            assertThat(wire.answer().status()).isEqualTo(200);
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void new_files_serve_new_connections_and_old_connections_stay() throws Exception {
        House house = open(Map.of());
        try (SSLSocket before = Papers.connect(papers.client(null), house.address(), "one.example");
                Wire wire = new Wire(before)) {
            assertThat(wire.get("/a").answer().status()).isEqualTo(200);
            papers.write("one", papers.issue("new.example", 2));
            certificates().look();
            assertThat(certificates().problem()).isEmpty();
            try (SSLSocket after = Papers.connect(papers.client(null), house.address(), "new.example")) {
                assertThat(subject(after)).isEqualTo("CN=new.example");
            }
            assertThat(wire.get("/b").answer().status()).isEqualTo(200);
        }
    }

    @Test
    void a_bad_pair_keeps_the_old_and_is_told_of() throws Exception {
        House house = open(Map.of());
        papers.replace("one.key", papers.issue("other.example", 3).getPrivateKeyPEM());
        certificates().look();
        assertThat(certificates().problem())
                .hasValueSatisfying(words -> assertThat(words).contains("is not the key of"));
        try (SSLSocket socket = Papers.connect(papers.client(null), house.address(), "one.example")) {
            assertThat(subject(socket)).isEqualTo("CN=one.example");
        }
        papers.replace("one.key", "nonsense");
        certificates().look();
        assertThat(certificates().problem())
                .hasValueSatisfying(words -> assertThat(words).contains("no private key"));
        papers.write("one", papers.issue("one.example", 4));
        certificates().look();
        assertThat(certificates().problem()).isEmpty();
    }

    @Test
    void the_certificate_is_chosen_by_the_name_that_is_asked_for() throws Exception {
        papers.write("two", papers.issue("two.example", 5));
        papers.write("wild", papers.issue("*.wild.example", 6));
        House house = open(Map.of(
                "certificate",
                new String[] {papers.path("one.crt"), papers.path("two.crt"), papers.path("wild.crt")},
                "key",
                new String[] {papers.path("one.key"), papers.path("two.key"), papers.path("wild.key")}));
        for (String name : new String[] {"one.example", "two.example", "a.wild.example"}) {
            try (SSLSocket socket = Papers.connect(papers.client(null), house.address(), name)) {
                assertThat(subject(socket)).endsWith(name.replace("a.wild", "wild"));
            }
        }
    }

    @Test
    void a_client_certificate_is_required_known_and_not_revoked() throws Exception {
        X509Bundle good = papers.issue("device-1", 10);
        X509Bundle bad = papers.issue("device-2", 11);
        papers.replace("revoked.pem", Revocations.of(papers.authority, 11));
        House house = open(Map.of(
                "authorities",
                papers.path("authority.crt"),
                "revoked",
                new String[] {papers.path("revoked.pem")},
                "clients",
                "required"));
        assertThat(answer(house, papers.client(good))).isEqualTo(200);
        assertThatIOException().isThrownBy(() -> answer(house, papers.client(null)));
        assertThatIOException().isThrownBy(() -> answer(house, papers.client(bad)));
        Path elsewhere = java.nio.file.Files.createDirectory(folder.resolve("elsewhere"));
        X509Bundle forged = new Papers(elsewhere).issue("device-1", 10);
        assertThatIOException().isThrownBy(() -> answer(house, papers.client(forged)));
        papers.replace("revoked.pem", Revocations.of(papers.authority, 10));
        certificates().look();
        assertThatIOException().isThrownBy(() -> answer(house, papers.client(good)));
        assertThat(answer(house, papers.client(bad))).isEqualTo(200);
    }

    @Test
    void a_client_certificate_that_has_expired_is_refused() throws Exception {
        House house = open(Map.of("authorities", papers.path("authority.crt"), "clients", "required"));
        X509Bundle over = papers.issue("device-1", 10, Instant.now().minusSeconds(60));
        assertThatIOException().isThrownBy(() -> answer(house, papers.client(over)));
        assertThat(answer(house, papers.client(papers.issue("device-2", 11)))).isEqualTo(200);
    }

    @Test
    void a_connection_ends_when_its_certificate_is_revoked_and_no_other_does() throws Exception {
        papers.replace("revoked.pem", Revocations.of(papers.authority, 99));
        House house = open(Map.of(
                "authorities", papers.path("authority.crt"), "revoked", new String[] {papers.path("revoked.pem")}));
        try (Wire bad = new Wire(
                        Papers.connect(papers.client(papers.issue("bad", 10)), house.address(), "one.example"));
                Wire good = new Wire(
                        Papers.connect(papers.client(papers.issue("good", 11)), house.address(), "one.example"))) {
            assertThat(bad.get("/a").answer().status()).isEqualTo(200);
            assertThat(good.get("/a").answer().status()).isEqualTo(200);
            papers.replace("revoked.pem", Revocations.of(papers.authority, 10));
            certificates().look();
            assertThat(bad.ends()).isTrue();
            assertThat(good.get("/b").answer().status()).isEqualTo(200);
        }
    }

    @Test
    void a_responder_is_asked_when_it_can_be_reached_and_its_no_ends_connections() throws Exception {
        X509Bundle good = papers.issue("device-1", 10);
        X509Bundle bad = papers.issue("device-2", 11);
        try (Responder responder = new Responder(papers.authority)) {
            responder.revoke(11);
            House house = open(Map.of("authorities", papers.path("authority.crt"), "responder", responder.address()));
            try (Wire stays = new Wire(Papers.connect(papers.client(good), house.address(), "one.example"))) {
                assertThat(stays.get("/a").answer().status()).isEqualTo(200);
                assertThatIOException().isThrownBy(() -> answer(house, papers.client(bad)));
                assertThat(responder.asked()).isEqualTo(2);
                // Answers are remembered, and so is that somebody was revoked once nobody answers any more.
                assertThat(answer(house, papers.client(good))).isEqualTo(200);
                assertThat(responder.asked()).isEqualTo(2);
                responder.close();
                assertThatIOException().isThrownBy(() -> answer(house, papers.client(bad)));
                assertThat(answer(house, papers.client(papers.issue("device-3", 12))))
                        .isEqualTo(200);
                assertThat(stays.get("/b").answer().status()).isEqualTo(200);
            }
        }
    }

    @Test
    void an_answer_about_somebody_who_is_here_is_asked_for_again() throws Exception {
        AtomicLong now = new AtomicLong();
        X509Bundle one = papers.issue("device-1", 10);
        List<X509Certificate> chain = List.of(one.getCertificate(), papers.authority.getCertificate());
        List<X509Certificate> authorities = List.of(papers.authority.getCertificate());
        try (Responder responder = new Responder(papers.authority)) {
            Ocsp ocsp = new Ocsp(Optional.of(URI.create(responder.address())), now::get);
            ocsp.check(chain, authorities);
            assertThat(ocsp.settled(one.getCertificate())).isTrue();
            responder.revoke(10);
            ocsp.check(chain, authorities);
            assertThat(ocsp.revoked(one.getCertificate())).isFalse();
            now.addAndGet(Ocsp.REMEMBERED.toNanos());
            assertThat(ocsp.settled(one.getCertificate())).isFalse();
            assertThatThrownBy(() -> ocsp.check(chain, authorities)).isInstanceOf(CertificateException.class);
            assertThat(ocsp.revoked(one.getCertificate())).isTrue();
        }
        Ocsp nobody = new Ocsp(Optional.empty(), now::get);
        assertThat(nobody.settled(one.getCertificate()))
                .as("it names no responder")
                .isTrue();
    }

    private static int answer(House house, SSLContext client) throws IOException {
        try (Wire wire = new Wire(Papers.connect(client, house.address(), "one.example"))) {
            return wire.get("/a").answer().status();
        }
    }

    @Test
    void plain_text_to_an_encrypted_port_is_refused_and_counted() throws Exception {
        House house = open(Map.of());
        try (Wire wire = house.connect()) {
            wire.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(wire.send(new byte[0]).endsWithAlert()).isTrue();
        }
        assertThat(house.meter.traffic("http.tls").refused.sum()).isEqualTo(1);
    }

    @Test
    void key_updates_without_end_cost_the_connection() throws Exception {
        House house = open(Map.of());
        try (SSLSocket socket = Papers.connect(papers.client(null), house.address(), "one.example", "TLSv1.3")) {
            assertThatIOException().isThrownBy(() -> {
                for (int i = 0; i < 100_000; i++) {
                    // In TLS 1.3 this is a key update, RFC 8446 §4.6.3.
                    socket.startHandshake();
                }
            });
        }
        assertThat(answer(house, papers.client(null))).isEqualTo(200);
    }

    @Test
    void a_client_hello_beyond_all_measure_is_refused() throws Exception {
        House house = open(Map.of());
        try (Socket socket =
                new Socket(house.address().getAddress(), house.address().getPort())) {
            socket.setSoTimeout(30_000);
            // A handshake record with a ClientHello of 16 MB, of which as much comes as the server takes.
            byte[] record = new byte[5 + (16 << 10)];
            record[0] = 22;
            record[1] = 3;
            record[2] = 1;
            record[3] = 0x40;
            record[5] = 1;
            record[6] = (byte) 0xFF;
            assertThatIOException()
                    .isThrownBy(() -> {
                        for (int i = 0; i < 1_024; i++) {
                            socket.getOutputStream().write(record);
                        }
                        throw new IOException("16 MB were taken, then "
                                + socket.getInputStream().read());
                    })
                    .withMessageNotContaining("were taken, then 22");
        }
        assertThat(answer(house, papers.client(null))).isEqualTo(200);
    }

    @Test
    void old_versions_are_refused() throws Exception {
        House house = open(Map.of("oldest", "TLSv1.3"));
        assertThatIOException()
                .isThrownBy(() -> Papers.connect(papers.client(null), house.address(), "one.example", "TLSv1.2"))
                .isInstanceOf(SSLException.class);
    }

    @Test
    void files_that_are_wrong_at_the_start_are_named() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> open(Map.of("certificate", new String[] {papers.path("absent.crt")})))
                .withMessageContaining("absent.crt is not there");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> open(Map.of("key", new String[0])))
                .withMessageContaining("each certificate needs its key");
    }

    private Certificates certificates() {
        return java.util.Objects.requireNonNull(certificates);
    }
}
