// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.FrameCorpus;
import dev.tarn.testkit.RawClient;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** WebSockets that carry a protocol of bytes, over real sockets. */
class StreamTest {
    private static Door door;
    private static EchoStream echo;

    @BeforeAll
    static void open() {
        door = new Door(0, Map.of());
        echo = new EchoStream();
        door.protocol.addStream(echo);
    }

    @AfterAll
    static void close() {
        door.close();
    }

    static Stream<FrameCorpus.Case> frames() {
        return FrameCorpus.cases().stream().filter(FrameCorpus.Case::onStream);
    }

    @ParameterizedTest
    @MethodSource("frames")
    void frames_are_judged_as_the_corpus_says(FrameCorpus.Case frame) throws IOException {
        try (RawClient client = door.connect("echo")) {
            client.send(frame.bytes());
            judge(client, frame);
        }
        try (RawClient client = door.connect("echo")) {
            for (byte b : frame.bytes().length > 200 ? new byte[0] : frame.bytes()) {
                if (!client.offer(new byte[] {b})) {
                    break;
                }
            }
            if (frame.bytes().length <= 200) {
                judge(client, frame);
            }
        }
    }

    static void judge(RawClient client, FrameCorpus.Case frame) throws IOException {
        ServerFrame came;
        if (frame.close() < 0) {
            client.send(ClientFrames.frame(ClientFrames.PING, "alive".getBytes(UTF_8)));
            do {
                came = ServerFrame.read(client);
            } while (came.opcode != 10 || !came.text().equals("alive"));
            return;
        }
        do {
            came = ServerFrame.read(client);
        } while (came.opcode != 8);
        assertThat(came.closeCode()).isEqualTo(frame.close());
        // Whoever has said goodbye first waits for the server to close.
        if (!frame.toString().startsWith("close ")) {
            client.offer(ClientFrames.frame(ClientFrames.CLOSE, new byte[] {3, (byte) 0xE8}));
        }
        client.expectClosed();
    }

    @Test
    void the_key_is_answered_and_the_first_known_subprotocol_chosen() throws IOException {
        try (RawClient client = new RawClient(door.port())) {
            client.sendText(door.upgrade("Sec-WebSocket-Protocol: soap, parrot\r\nSec-WebSocket-Protocol: echo\r\n"));
            assertThat(client.readHttpHead().toLowerCase(java.util.Locale.ROOT))
                    .startsWith("http/1.1 101 ")
                    .contains("\r\nsec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n")
                    .contains("\r\nsec-websocket-protocol: parrot\r\n");
        }
    }

    @Test
    void frames_sent_with_the_upgrade_request_are_not_lost() throws IOException {
        try (RawClient client = new RawClient(door.port())) {
            byte[] request = door.upgrade("Sec-WebSocket-Protocol: echo\r\n").getBytes(UTF_8);
            byte[] frame = ClientFrames.frame(ClientFrames.BINARY, "early".getBytes(UTF_8));
            byte[] both = new byte[request.length + frame.length];
            System.arraycopy(request, 0, both, 0, request.length);
            System.arraycopy(frame, 0, both, request.length, frame.length);
            client.send(both);
            client.readHttpHead();
            assertThat(ServerFrame.read(client).text()).isEqualTo("early");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    no subprotocol that is here     | Sec-WebSocket-Protocol: soap                     | 501
                    another version                 | Sec-WebSocket-Version: 8                         | 426
                    no version                      | Sec-WebSocket-Version:                           | 426
                    a short key                     | Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ        | 400
                    a key of 15 bytes               | Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA          | 400
                    a key that is not base64        | Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!==      | 400
                    an empty key                    | Sec-WebSocket-Key:                               | 400
                    a page of somebody else         | Origin: http://evil.example                      | 403
                    a page without an origin        | Origin: null                                     | 403
                    a body                          | Content-Length: 1                                | 400
                    """)
    void a_wrong_handshake_is_refused(String what, String header, int status) throws IOException {
        try (RawClient client = new RawClient(door.port())) {
            String name = header.substring(0, header.indexOf(':') + 1);
            String request = door.upgrade("").replaceFirst("(?m)^" + name + ".*\r\n", "");
            client.sendText(request.replaceFirst("\r\n\r\n$", "\r\n" + header + "\r\n\r\n"));
            String head = client.readHttpHead();
            assertThat(head).as(what).startsWith("HTTP/1.1 " + status);
            if (status == 426) {
                assertThat(head.toLowerCase(java.util.Locale.ROOT)).contains("\r\nsec-websocket-version: 13\r\n");
            }
        }
    }

    @Test
    void what_is_written_before_a_close_arrives_before_the_close_frame() throws IOException {
        try (RawClient client = door.connect("echo")) {
            client.send(ClientFrames.frame(ClientFrames.BINARY, "the end!".getBytes(UTF_8)));
            assertThat(ServerFrame.read(client).text()).isEqualTo("the end!");
            assertThat(ServerFrame.read(client).closeCode()).isEqualTo(1000);
            client.send(ClientFrames.frame(ClientFrames.CLOSE, new byte[] {3, (byte) 0xE8}));
            client.expectClosed();
        }
    }

    @Test
    void the_sockets_of_a_protocol_that_is_removed_are_closed() throws IOException {
        try (Door other = new Door(0, Map.of())) {
            EchoStream leaving = new EchoStream();
            other.protocol.addStream(leaving);
            try (RawClient client = other.connect("echo")) {
                other.protocol.removeStream(leaving);
                assertThat(ServerFrame.read(client).text()).isEqualTo("bye");
                assertThat(ServerFrame.read(client).closeCode()).isEqualTo(1000);
            }
            try (RawClient client = new RawClient(other.port())) {
                client.sendText(other.upgrade("Sec-WebSocket-Protocol: echo\r\n"));
                assertThat(client.readHttpHead()).startsWith("HTTP/1.1 501 ");
            }
        }
    }

    @Test
    void a_peer_that_answers_no_ping_is_cut_off() throws IOException {
        try (Door impatient = new Door(0, Map.of("ping", "1s"))) {
            impatient.protocol.addStream(new EchoStream());
            try (RawClient client = impatient.connect("echo")) {
                assertThat(ServerFrame.read(client).opcode).isEqualTo(9);
                client.send("8A 80 00000000");
                assertThat(ServerFrame.read(client).opcode).isEqualTo(9);
                client.patience(Duration.ofSeconds(60)).expectClosed();
            }
        }
    }
}
