// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.Node;
import dev.tarn.testkit.RawClient;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Compressed messages, over real sockets. */
class DeflateTest {
    private static final int COMPRESSED = 0x40;
    private static final String OFFER = "permessage-deflate; client_max_window_bits";

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

    /** A socket of which the head of the answer has been read. */
    private record Opened(RawClient client, String head) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            client.close();
        }
    }

    private static Opened open(String path, String extensions) throws IOException {
        RawClient client = new RawClient(node.port("http"));
        client.sendText("GET " + path + " HTTP/1.1\r\nHost: localhost:" + node.port("http")
                + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: " + extensions
                + "\r\n\r\n");
        return new Opened(client, client.readHttpHead().toLowerCase(java.util.Locale.ROOT));
    }

    private static byte[] deflated(byte[] plain) {
        ByteBuf out = Unpooled.buffer();
        Deflate.add(out, plain);
        return ByteBufUtil.getBytes(out);
    }

    @Test
    void messages_come_and_go_compressed_where_that_is_agreed() throws Exception {
        String location = "somewhere ".repeat(100);
        try (Opened opened = open("/Sensors/?omitCurrent", OFFER)) {
            assertThat(opened.head())
                    .contains("sec-websocket-extensions: permessage-deflate; "
                            + "server_no_context_takeover; client_no_context_takeover");
            String put = "{\"type\":\"put\",\"id\":\"z1\",\"value\":{\"location\":\"" + location + "\"}}";
            byte[] message = deflated(put.getBytes(UTF_8));
            assertThat(message.length).isLessThan(200);
            // In two fragments, of which only the first one says that it is compressed.
            opened.client().send(ClientFrames.frame(0x01 | COMPRESSED, Arrays.copyOf(message, 20)));
            opened.client().send(ClientFrames.frame(0x80, Arrays.copyOfRange(message, 20, message.length)));
            ServerFrame frame = ServerFrame.readAny(opened.client());
            assertThat(frame.compressed).isTrue();
            assertThat(frame.payload.length).isLessThan(300);
            assertThat(new String(Deflate.expanded(frame.payload, 1 << 20), UTF_8))
                    .contains(location)
                    .contains("\"type\":\"put\"");
            // What is short goes as it is, and may come as it is.
            opened.client().send(ClientFrames.text("{\"type\":\"delete\",\"id\":\"z1\"}"));
            assertThat(ServerFrame.read(opened.client()).text()).contains("\"type\":\"delete\"");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "permessage-deflate|true",
                "x-webkit-deflate-frame, permessage-deflate; client_no_context_takeover|true",
                "permessage-deflate; server_max_window_bits=10, permessage-deflate|true",
                "permessage-deflate; server_max_window_bits=\"15\"; client_max_window_bits=9|true",
                "permessage-deflate; server_max_window_bits=10|false",
                "permessage-deflate; client_max_window_bits=16|false",
                "permessage-deflate; client_max_window_bits=|false",
                "permessage-deflate; server_no_context_takeover=1|false",
                "permessage-deflate; server_no_context_takeover; server_no_context_takeover|false",
                "permessage-deflate; more|false",
                "bzip|false"
            })
    void offers_are_agreed_to_that_can_be_kept(String offer, boolean agreed) throws Exception {
        try (Opened opened = open("/Sensors/?subscribe=false", offer)) {
            assertThat(opened.head()).startsWith("http/1.1 101 ");
            assertThat(opened.head().contains("sec-websocket-extensions")).isEqualTo(agreed);
        }
    }

    @Test
    void what_is_too_long_broken_or_no_text_once_it_is_decompressed_ends_the_socket_with_its_code() throws Exception {
        judge(deflated(new byte[1 << 20]), 1009);
        judge(new byte[] {(byte) 0xFF, 0x12, 0x34}, 1007);
        judge(deflated(new byte[] {'"', (byte) 0xC3, '"'}), 1007);
    }

    private static void judge(byte[] message, int code) throws IOException {
        try (Opened opened = open("/Sensors/?subscribe=false", OFFER)) {
            opened.client().send(ClientFrames.frame(ClientFrames.TEXT | COMPRESSED, message));
            assertThat(ServerFrame.read(opened.client()).closeCode()).isEqualTo(code);
        }
    }

    @Test
    void the_bit_is_refused_where_nothing_was_agreed_and_on_frames_that_cannot_have_it() throws Exception {
        try (Opened opened = open("/Sensors/?subscribe=false", "none")) {
            opened.client().send(ClientFrames.frame(ClientFrames.TEXT | COMPRESSED, deflated("{}".getBytes(UTF_8))));
            assertThat(ServerFrame.read(opened.client()).closeCode()).isEqualTo(1002);
        }
        for (int first : List.of(ClientFrames.PING | COMPRESSED, ClientFrames.TEXT | 0x20)) {
            try (Opened opened = open("/Sensors/?subscribe=false", OFFER)) {
                opened.client().send(ClientFrames.frame(first, new byte[2]));
                assertThat(ServerFrame.read(opened.client()).closeCode()).isEqualTo(1002);
            }
        }
    }

    @Test
    void what_is_compressed_is_what_comes_out_again() {
        Random random = new Random(11);
        for (int round = 0; round < 300; round++) {
            byte[] plain = new byte[random.nextInt(round % 30 == 0 ? 200_000 : 2_000)];
            for (int i = 0; i < plain.length; i++) {
                plain[i] = (byte) random.nextInt(round % 3 == 0 ? 256 : 3);
            }
            assertThat(Deflate.expanded(deflated(plain), plain.length)).isEqualTo(plain);
        }
    }
}
