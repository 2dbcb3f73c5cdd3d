// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** A client of HTTP/2 that sends frames as it is told and sorts what comes by stream; for one thread. */
final class Frames implements AutoCloseable {
    private final Socket socket;
    private final DataInputStream in;
    private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);
    private final Map<Integer, String> statuses = new HashMap<>();
    private final Map<Integer, ByteArrayOutputStream> bodies = new HashMap<>();
    private final Map<Integer, Integer> ended = new HashMap<>();
    private final Map<Integer, Integer> resets = new HashMap<>();
    private int windowUpdates;
    private boolean away;

    Frames(InetSocketAddress address) throws IOException {
        this(new Socket(address.getAddress(), address.getPort()));
    }

    Frames(Socket connected) throws IOException {
        socket = connected;
        socket.setSoTimeout(30_000);
        socket.setTcpNoDelay(true);
        in = new DataInputStream(socket.getInputStream());
    }

    String host() {
        return "localhost:" + socket.getPort();
    }

    InputStream in() {
        return in;
    }

    void raw(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    void preface() throws IOException {
        raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        settings();
    }

    void settings() throws IOException {
        send(4, 0, 0, new byte[0]);
    }

    byte[] frame(int type, int flags, int stream, byte[] payload) {
        ByteBuf frame = Unpooled.buffer(9 + payload.length);
        frame.writeMedium(payload.length).writeByte(type).writeByte(flags).writeInt(stream);
        frame.writeBytes(payload);
        return frame.array();
    }

    void send(int type, int flags, int stream, byte[] payload) throws IOException {
        raw(frame(type, flags, stream, payload));
    }

    /** False when the server has closed. */
    boolean trySend(byte[] bytes) {
        try {
            raw(bytes);
            return true;
        } catch (IOException closed) {
            return false;
        }
    }

    byte[] pings(int count) {
        ByteBuf all = Unpooled.buffer(17 * count);
        for (int i = 0; i < count; i++) {
            all.writeBytes(frame(6, 0, 0, new byte[8]));
        }
        return all.array();
    }

    void get(int stream, String path) throws IOException {
        headers(stream, true, "GET", path);
    }

    boolean tryGet(int stream, String path) {
        return trySend(frame(1, 5, stream, encoded(stream, of("GET", path))));
    }

    boolean trySendReset(int stream, int code) {
        return trySend(frame(3, 0, stream, new byte[] {0, 0, 0, (byte) code}));
    }

    void sendReset(int stream, int code) throws IOException {
        send(3, 0, stream, new byte[] {0, 0, 0, (byte) code});
    }

    private String[] of(String method, String path) {
        return new String[] {":method", method, ":scheme", "http", ":path", path, ":authority", host()};
    }

    void headers(int stream, boolean end, String method, String path) throws IOException {
        block(stream, end, of(method, path));
    }

    /** A head of these fields: names and values by turns. */
    void block(int stream, boolean end, String... fields) throws IOException {
        send(1, end ? 5 : 4, stream, encoded(stream, fields));
    }

    private byte[] encoded(int stream, String... fields) {
        Http2Headers headers = new DefaultHttp2Headers(false);
        for (int i = 0; i < fields.length; i += 2) {
            headers.add(fields[i], fields[i + 1]);
        }
        ByteBuf block = Unpooled.buffer();
        try {
            encoder.encodeHeaders(stream, headers, block);
        } catch (Http2Exception impossible) {
            throw new IllegalStateException(impossible);
        }
        return ByteBufUtil.getBytes(block);
    }

    void data(int stream, boolean end, String text) throws IOException {
        send(0, end ? 1 : 0, stream, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Status and body of a stream, when it has ended. */
    String answer(int stream) throws IOException {
        while (!ended.containsKey(stream)) {
            if (resets.containsKey(stream)) {
                return "reset " + resets.get(stream);
            }
            next();
        }
        ByteArrayOutputStream body = bodies.getOrDefault(stream, new ByteArrayOutputStream());
        return statuses.get(stream) + " " + body.toString(StandardCharsets.UTF_8);
    }

    /** The error code with which the server resets a stream. */
    int reset(int stream) throws IOException {
        while (!resets.containsKey(stream)) {
            next();
        }
        return resets.get(stream);
    }

    /** Whether the server says goodbye, or just closes. */
    boolean goneAway() {
        try {
            while (!away) {
                next();
            }
        } catch (IOException closed) {
            away = !(closed instanceof java.net.SocketTimeoutException);
        }
        return away;
    }

    int windowUpdates() {
        return windowUpdates;
    }

    private void next() throws IOException {
        int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
        int type = in.readUnsignedByte();
        int flags = in.readUnsignedByte();
        int stream = in.readInt();
        byte[] payload = in.readNBytes(length);
        switch (type) {
            case 0 ->
                bodies.computeIfAbsent(stream, any -> new ByteArrayOutputStream())
                        .write(payload);
            case 1 -> {
                try {
                    CharSequence status = decoder.decodeHeaders(stream, Unpooled.wrappedBuffer(payload))
                            .status();
                    statuses.put(stream, String.valueOf(status));
                } catch (Http2Exception broken) {
                    throw new IOException(broken);
                }
            }
            case 3 -> resets.put(stream, Unpooled.wrappedBuffer(payload).readInt());
            case 4 -> {
                if ((flags & 1) == 0) {
                    send(4, 1, 0, new byte[0]);
                }
            }
            case 7 -> away = true;
            case 8 -> windowUpdates++;
            default -> {}
        }
        if (type <= 1 && (flags & 1) == 1) {
            ended.put(stream, length);
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
