// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * A TCP connection to a server on this machine that sends and expects bytes as they are. For one thread; every read is
 * bounded by {@link #patience}. Bytes are written as hex, with or without blanks: {@code "10 0C 0004"}.
 */
public final class RawClient implements AutoCloseable {

    private final Socket socket;
    private final InputStream in;

    /** Connects to this port of the loopback address. */
    public RawClient(int port) throws IOException {
        this(port, 0);
    }

    /**
     * As {@link #RawClient(int)}.
     *
     * @param window bytes that the server may send before they are read, about; 0 for the system's choice
     */
    public RawClient(int port, int window) throws IOException {
        socket = new Socket();
        try {
            if (window > 0) {
                socket.setReceiveBufferSize(window);
            }
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 10_000);
            in = socket.getInputStream();
        } catch (IOException refused) {
            socket.close();
            throw refused;
        }
        patience(Duration.ofSeconds(60));
    }

    /** How long a read waits before it fails; 10 seconds at first. */
    public RawClient patience(Duration longest) throws SocketException {
        socket.setSoTimeout(Math.toIntExact(longest.toMillis()));
        return this;
    }

    /** The bytes that this hex text stands for. */
    public static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replaceAll("\\s+", ""));
    }

    /** The hex text of these bytes, in upper case without blanks. */
    public static String hex(byte[] bytes) {
        return HexFormat.of().withUpperCase().formatHex(bytes);
    }

    /** Sends bytes written as hex. */
    public RawClient send(String hex) throws IOException {
        return send(bytes(hex));
    }

    public RawClient send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
        return this;
    }

    /**
     * Sends bytes to a server that may have said its last word and closed: whether they could be sent. What it said can
     * still be read.
     */
    public boolean offer(byte[] bytes) {
        try {
            send(bytes);
            return true;
        } catch (IOException closed) {
            return false;
        }
    }

    /** Sends text as UTF-8. */
    public RawClient sendText(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Tells the server that nothing more will come; reading goes on. */
    public RawClient finish() throws IOException {
        socket.shutdownOutput();
        return this;
    }

    /**
     * Exactly so many bytes.
     *
     * @throws EOFException with what came, when the server closes before
     */
    public byte[] read(int count) throws IOException {
        byte[] bytes = new byte[count];
        int have = 0;
        while (have < count) {
            int n;
            try {
                n = in.read(bytes, have, count - have);
            } catch (SocketTimeoutException silent) {
                throw new IOException(
                        "wanted " + count + " bytes, only " + hex(Arrays.copyOf(bytes, have)) + " came", silent);
            }
            if (n < 0) {
                throw new EOFException(
                        "closed after " + hex(Arrays.copyOf(bytes, have)) + ", wanted " + count + " bytes");
            }
            have += n;
        }
        return bytes;
    }

    /** Reads as many bytes as the hex text has and fails unless they are the same. */
    public RawClient expect(String hex) throws IOException {
        byte[] wanted = bytes(hex);
        byte[] came = read(wanted.length);
        if (!Arrays.equals(wanted, came)) {
            throw new AssertionError("expected " + hex(wanted) + " but " + hex(came) + " came");
        }
        return this;
    }

    /** One MQTT packet: fixed header, remaining length and body. */
    public byte[] readMqttPacket() throws IOException {
        ByteArrayOutputStream packet = new ByteArrayOutputStream();
        packet.writeBytes(read(1));
        int length = 0;
        for (int shift = 0; shift <= 21; shift += 7) {
            int digit = read(1)[0] & 0xFF;
            packet.write(digit);
            length |= (digit & 0x7F) << shift;
            if (digit < 0x80) {
                packet.writeBytes(read(length));
                return packet.toByteArray();
            }
        }
        throw new AssertionError("a remaining length of more than four bytes: " + hex(packet.toByteArray()));
    }

    /** Lines and headers up to and with the empty line that ends an HTTP head. */
    public String readHttpHead() throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) (read(1)[0] & 0xFF));
        }
        return head.toString();
    }

    /** Everything until the server closes; a reset counts as closing. */
    public byte[] readToEnd() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] buffer = new byte[8192];
        try {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                all.write(buffer, 0, n);
            }
        } catch (SocketTimeoutException open) {
            throw new AssertionError("still open after sending " + hex(all.toByteArray()), open);
        } catch (SocketException reset) {
            all.flush();
        }
        return all.toByteArray();
    }

    /** Fails unless the server closes without sending anything more. */
    public void expectClosed() throws IOException {
        byte[] rest = readToEnd();
        if (rest.length > 0) {
            throw new AssertionError("expected the end but " + hex(rest) + " came");
        }
    }

    /** Fails if anything comes, or the server closes, within this time. */
    public RawClient expectSilence(Duration time) throws IOException {
        int before = socket.getSoTimeout();
        try {
            patience(time);
            int b = in.read();
            throw new AssertionError(b < 0 ? "closed" : "a byte came: " + hex(new byte[] {(byte) b}));
        } catch (SocketTimeoutException silent) {
            return this;
        } finally {
            socket.setSoTimeout(before);
        }
    }

    /** Closes with a reset, as a peer that crashes does. */
    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
