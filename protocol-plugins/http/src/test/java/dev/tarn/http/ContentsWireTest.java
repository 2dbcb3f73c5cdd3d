// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Content;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Resources;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Contents on the wire: peers that read slowly, that are cut off, that ask first, and bytes that turn out to be damaged. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ContentsWireTest {

    /** More than the sockets of both sides hold. */
    private static final int LENGTH = 24_000_000;

    @TempDir
    Path directory;

    private static byte[] bytes(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static Socket connect(House house) throws IOException {
        Socket socket = new Socket(
                InetAddress.getLoopbackAddress(), house.node.http("/").getPort());
        socket.setSoTimeout(60_000);
        return socket;
    }

    private static void send(Socket socket, String head) throws IOException {
        socket.getOutputStream().write((head.replace("\n", "\r\n") + "Host: localhost\r\n\r\n").getBytes(US_ASCII));
        socket.getOutputStream().flush();
    }

    /** A head, up to and with the empty line. */
    private static String head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        int last = 0;
        while (last != 0x0D0A0D0A) {
            int next = in.read();
            if (next < 0) {
                break;
            }
            head.write(next);
            last = last << 8 | next;
        }
        return head.toString(US_ASCII);
    }

    @Test
    void whoever_reads_slowly_gets_what_was_there_when_he_began() throws Exception {
        try (House house = new House(directory);
                Socket socket = connect(house)) {
            byte[] old = bytes(1, LENGTH);
            house.send("PUT", "/files/a", old);
            send(socket, "GET /files/a HTTP/1.1\n");
            InputStream in = socket.getInputStream();
            assertThat(head(in)).startsWith("HTTP/1.1 200 OK").contains("content-length: " + LENGTH);
            assertThat(in.readNBytes(1_000)).isEqualTo(Arrays.copyOf(old, 1_000));
            byte[] next = bytes(2, 700_000);
            assertThat(house.send("PUT", "/files/a", next).status()).isEqualTo(204);
            assertThat(house.get("/files/a").bytes()).isEqualTo(next);
            assertThat(house.send("DELETE", "/files/a", "").status()).isEqualTo(204);
            assertThat(in.readNBytes(LENGTH - 1_000)).isEqualTo(Arrays.copyOfRange(old, 1_000, LENGTH));
            // The connection goes on.
            send(socket, "GET /files/a HTTP/1.1\n");
            assertThat(head(in)).startsWith("HTTP/1.1 404");
        }
    }

    @Test
    void an_upload_that_is_cut_off_changes_nothing() throws Exception {
        try (House house = new House(directory)) {
            byte[] old = bytes(1, 700_000);
            house.send("PUT", "/files/a", old);
            try (Socket socket = connect(house)) {
                send(socket, "PUT /files/a HTTP/1.1\nContent-Length: 3000000\n");
                socket.getOutputStream().write(bytes(2, 2_000_000));
            }
            assertThat(house.get("/files/a").bytes()).isEqualTo(old);
            assertThat(house.send("PUT", "/files/a", bytes(3, 900_000)).status())
                    .isEqualTo(204);
            assertThat(house.get("/files/a").bytes()).isEqualTo(bytes(3, 900_000));
        }
    }

    @Test
    void what_cannot_be_taken_is_refused_before_it_is_sent() throws Exception {
        try (House house = new House(directory)) {
            try (Socket socket = connect(house)) {
                send(socket, "PUT /files/a HTTP/1.1\nExpect: 100-continue\nContent-Length: 9000000000000\n");
                assertThat(head(socket.getInputStream())).startsWith("HTTP/1.1 413");
            }
            byte[] bytes = bytes(1, 600_000);
            try (Socket socket = connect(house)) {
                send(socket, "PUT /files/a HTTP/1.1\nExpect: 100-continue\nContent-Length: 600000\n");
                assertThat(head(socket.getInputStream())).startsWith("HTTP/1.1 100");
                socket.getOutputStream().write(bytes);
                assertThat(head(socket.getInputStream())).startsWith("HTTP/1.1 201");
            }
            try (Socket socket = connect(house)) {
                send(socket, "PUT /files/a HTTP/1.1\nExpect: 100-continue\nIf-None-Match: *\nContent-Length: 600000\n");
                assertThat(head(socket.getInputStream())).startsWith("HTTP/1.1 412");
            }
        }
    }

    @Test
    void a_body_in_chunks_is_held_or_streamed_as_its_length_turns_out() throws Exception {
        try (House house = new House(directory)) {
            for (int length : new int[] {0, 1, 500_000, 524_288, 524_289, 900_000}) {
                byte[] bytes = bytes(length, length);
                try (Socket socket = connect(house)) {
                    send(socket, "PUT /files/" + length + " HTTP/1.1\nTransfer-Encoding: chunked\n");
                    ByteArrayOutputStream body = new ByteArrayOutputStream();
                    for (int from = 0; from < length; from += 100_000) {
                        int part = Math.min(100_000, length - from);
                        body.write((Integer.toHexString(part) + "\r\n").getBytes(US_ASCII));
                        body.write(bytes, from, part);
                        body.write("\r\n".getBytes(US_ASCII));
                    }
                    body.write("0\r\n\r\n".getBytes(US_ASCII));
                    socket.getOutputStream().write(body.toByteArray());
                    assertThat(head(socket.getInputStream())).as("%d", length).startsWith("HTTP/1.1 201");
                }
                assertThat(house.get("/files/" + length).bytes()).isEqualTo(bytes);
                int reference = house.get("/files/" + length, "Accept: " + Content.REFERENCE)
                        .status();
                assertThat(reference).as("%d", length).isEqualTo(length > 524_288 ? 200 : 406);
            }
        }
    }

    @Test
    void bytes_that_turn_out_to_be_damaged_end_the_connection() throws Exception {
        try (House house = new House(directory, Map.of(), damaged(200_000));
                Socket socket = connect(house)) {
            byte[] bytes = bytes(1, 3_000_000);
            house.send("PUT", "/files/a", bytes);
            send(socket, "GET /files/a HTTP/1.1\n");
            InputStream in = socket.getInputStream();
            assertThat(head(in)).startsWith("HTTP/1.1 200 OK");
            byte[] got = in.readAllBytes();
            assertThat(got.length).isLessThanOrEqualTo(200_000);
            assertThat(got).isEqualTo(Arrays.copyOf(bytes, got.length));
        }
    }

    @Test
    void bytes_that_are_damaged_from_the_start_are_an_answer_of_its_own() throws Exception {
        try (House house = new House(directory, Map.of(), damaged(0))) {
            house.send("PUT", "/files/a", bytes(1, 3_000_000));
            assertThat(house.get("/files/a").status()).isEqualTo(503);
        }
    }

    /** Resources whose contents cannot be read from a place on. */
    private static UnaryOperator<Resources> damaged(long from) {
        return real -> (Resources) Proxy.newProxyInstance(
                Resources.class.getClassLoader(), new Class<?>[] {Resources.class}, (proxy, method, arguments) -> {
                    try {
                        Object answer = method.invoke(real, arguments);
                        return method.getName().equals("get") && answer instanceof CompletableFuture<?> stage
                                ? stage.thenApply(found -> found instanceof Optional<?> row
                                        ? row.map(each -> (Object) damaged((Row) each, from))
                                        : found)
                                : answer;
                    } catch (InvocationTargetException thrown) {
                        throw thrown.getCause();
                    }
                });
    }

    private static Row damaged(Row row, long from) {
        Content content = row.body().contents().get(Content.WHOLE);
        if (content == null) {
            return row;
        }
        Body body = row.body().with(Map.of(Content.WHOLE, new Damaged(content, from)));
        return new Row(row.path(), body, row.version(), row.attributes());
    }

    private record Damaged(Content content, long from) implements Content {
        @Override
        public String mediaType() {
            return content.mediaType();
        }

        @Override
        public long length() {
            return content.length();
        }

        @Override
        public Reader open() {
            Reader reader = content.open();
            return new Reader() {
                @Override
                public byte[] read(long at, int most) {
                    byte[] bytes = reader.read(at, most);
                    if (at + bytes.length > from) {
                        throw new Failure(Failure.Code.UNAVAILABLE, "damaged");
                    }
                    return bytes;
                }

                @Override
                public void close() {
                    reader.close();
                }
            };
        }
    }
}
