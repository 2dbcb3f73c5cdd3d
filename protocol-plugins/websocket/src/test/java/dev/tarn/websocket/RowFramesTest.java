// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.FrameCorpus;
import dev.tarn.testkit.Node;
import dev.tarn.testkit.RawClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Frames to sockets for rows, over real sockets. */
class RowFramesTest {
    @TempDir
    static Path directory;

    private static Node node;

    @BeforeAll
    static void start() {
        node = House.start(directory);
    }

    @AfterAll
    static void close() {
        node.close();
    }

    static Stream<FrameCorpus.Case> frames() {
        return FrameCorpus.cases().stream().filter(FrameCorpus.Case::onRows);
    }

    @ParameterizedTest
    @MethodSource("frames")
    void frames_are_judged_as_the_corpus_says(FrameCorpus.Case frame) throws IOException {
        try (RawClient client = new RawClient(node.port("http"))) {
            client.sendText("GET /Sensors/ HTTP/1.1\r\nHost: localhost:" + node.port("http")
                    + "\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
            assertThat(client.readHttpHead()).startsWith("HTTP/1.1 101 ");
            client.send(frame.bytes());
            StreamTest.judge(client, frame);
        }
    }
}
