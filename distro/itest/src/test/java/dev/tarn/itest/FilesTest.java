// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are larger than the heap. */
class FilesTest {

    private static final int MEGABYTES = Integer.getInteger("tarn.files.megabytes", 160);
    private static final long LENGTH = MEGABYTES * 1_048_576L + 3;

    /** Below what a file has. */
    private static final String HEAP =
            "-Xmx" + Math.min(256, MEGABYTES - 32) + "m -Dio.netty.leakDetection.level=paranoid";

    @TempDir
    Path data;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** So many bytes that are decided by a number. */
    private static final class Bytes extends InputStream {
        private final long length;
        private long state;
        private long at;

        Bytes(long seed, long length) {
            this.state = seed * 0x9E3779B97F4A7C15L + 1;
            this.length = length;
        }

        private byte next() {
            at++;
            state ^= state << 13;
            state ^= state >>> 7;
            state ^= state << 17;
            return (byte) state;
        }

        @Override
        public int read() {
            return at == length ? -1 : next() & 0xFF;
        }

        @Override
        public int read(byte[] to, int offset, int count) {
            int part = (int) Math.min(count, length - at);
            for (int i = 0; i < part; i++) {
                to[offset + i] = next();
            }
            return part == 0 && count > 0 ? -1 : part;
        }
    }

    private static long checksum(InputStream in) throws IOException {
        CRC32C crc = new CRC32C();
        byte[] part = new byte[1 << 16];
        try (in) {
            for (int count = in.read(part); count > 0; count = in.read(part)) {
                crc.update(part, 0, count);
            }
        }
        return crc.getValue();
    }

    private HttpResponse<String> put(Tarn tarn, String path, long seed, long length) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(tarn.uri(path))
                .timeout(Duration.ofMinutes(10))
                .header("Content-Type", "video/mp4")
                .PUT(HttpRequest.BodyPublishers.fromPublisher(
                        HttpRequest.BodyPublishers.ofInputStream(() -> new Bytes(seed, length)), length))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<InputStream> get(Tarn tarn, String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(tarn.uri(path)).timeout(Duration.ofMinutes(10));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    }

    @Test
    void a_file_larger_than_the_heap_comes_in_goes_out_and_is_told_by_its_type_and_length() throws Exception {
        String reference = "{\"contentType\":\"video/mp4\",\"length\":" + LENGTH + "}";
        try (Tarn tarn = Tarn.dev(data).environment("TARN_OPTS", HEAP).ready()) {
            try (Mqtt mqtt = Mqtt.tcp(Mqtt.V5, tarn.port("mqtt"))) {
                mqtt.subscribe("files/#", 1);
                assertThat(put(tarn, "/files/big", 1, LENGTH).statusCode()).isEqualTo(201);
                Mqtt.Message told = mqtt.next();
                assertThat(told.topic()).isEqualTo("files/big");
                assertThat(told.text()).isEqualTo(reference);
            }
            HttpResponse<InputStream> whole = get(tarn, "/files/big");
            assertThat(whole.headers().firstValueAsLong("Content-Length")).hasValue(LENGTH);
            assertThat(checksum(whole.body())).isEqualTo(checksum(new Bytes(1, LENGTH)));
            HttpResponse<InputStream> part = get(tarn, "/files/big", "Range", "bytes=" + (LENGTH - 70_000) + "-");
            assertThat(part.statusCode()).isEqualTo(206);
            Bytes expected = new Bytes(1, LENGTH);
            expected.skipNBytes(LENGTH - 70_000);
            assertThat(part.body().readAllBytes()).isEqualTo(expected.readAllBytes());
            // It is overwritten while somebody reads it.
            HttpResponse<InputStream> slow = get(tarn, "/files/big");
            assertThat(put(tarn, "/files/big", 2, 5_000_000).statusCode()).isEqualTo(204);
            assertThat(checksum(slow.body())).isEqualTo(checksum(new Bytes(1, LENGTH)));
            assertThat(checksum(get(tarn, "/files/big").body())).isEqualTo(checksum(new Bytes(2, 5_000_000)));
            assertThat(tarn.stop()).isZero();
        }
    }

    @Test
    void an_upload_that_a_crash_cuts_off_leaves_what_was_there() throws Exception {
        try (Tarn tarn = Tarn.dev(data).ready()) {
            assertThat(put(tarn, "/files/a", 1, 3_000_000).statusCode()).isEqualTo(201);
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), tarn.port("http"))) {
                OutputStream out = socket.getOutputStream();
                out.write(("PUT /files/a HTTP/1.1\r\nHost: " + tarn.address("http")
                                + "\r\nContent-Type: video/mp4\r\nContent-Length: 9000000\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
                out.write(new Bytes(2, 8_000_000).readAllBytes());
                out.flush();
                assertThat(put(tarn, "/files/b", 3, 2_000_000).statusCode()).isEqualTo(201);
                tarn.kill();
            }
        }
        try (Tarn tarn = Tarn.dev(data).ready()) {
            assertThat(checksum(get(tarn, "/files/a").body())).isEqualTo(checksum(new Bytes(1, 3_000_000)));
            assertThat(checksum(get(tarn, "/files/b").body())).isEqualTo(checksum(new Bytes(3, 2_000_000)));
            assertThat(tarn.stop()).isZero();
        }
        try (Tarn verified = Tarn.command("verify", data.toString()).ended()) {
            assertThat(verified.exitCode()).as(verified.said()).isZero();
        }
    }
}
