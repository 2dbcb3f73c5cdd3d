// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.RawClient;
import dev.tarn.testkit.RequestCorpus;
import dev.tarn.testkit.RequestCorpus.Case;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests as a careless or hostile client sends them, each on a connection of its own. */
class BadRequestsTest {
    private static House house;

    @BeforeAll
    static void start(@TempDir Path directory) {
        house = new House(directory);
    }

    @AfterAll
    static void stop() {
        house.close();
    }

    static List<Case> requests() {
        return RequestCorpus.cases();
    }

    @ParameterizedTest
    @MethodSource("requests")
    void a_request_is_answered_as_the_corpus_says_and_nobody_else_notices(Case request) throws Exception {
        assertThat(house.send("DELETE", "/Sensors/1", "").status()).isIn(204, 404);
        try (RawClient client = new RawClient(house.node.port("http"))) {
            send(client, request.bytes());
            String head = client.readHttpHead();
            assertThat(head).startsWith("HTTP/1.1 " + request.status() + " ");
            if (request.stays()) {
                client.sendText("GET /Sensors/none HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            }
            // What was sent behind a request that was refused is never taken for another one.
            String rest = new String(client.readToEnd(), StandardCharsets.ISO_8859_1);
            assertThat(rest.contains("HTTP/1.1 404 ")).isEqualTo(request.stays());
            assertThat(rest.contains("HTTP/1.1 20")).isEqualTo(request.status() == 100);
        }
        int row = house.get("/Sensors/1").status();
        assertThat(row).isEqualTo(request.status() == 201 || request.status() == 100 ? 200 : 404);
    }

    private static void send(RawClient client, byte[] bytes) throws IOException {
        try {
            client.send(bytes);
        } catch (SocketException closedBefore) {
            // The server may answer and close before it has read everything; the answer is what counts.
            assertThat(bytes.length).isGreaterThan(8 << 10);
        }
    }
}
