// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import dev.tarn.testkit.WebSocketClient;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A small MQTT client that shares no code with the server: 3.1.1 and 5, over TCP and over WebSocket. It acknowledges what
 * it receives. For one thread; every wait ends after ten seconds.
 */
final class Mqtt implements AutoCloseable {
    static final int V4 = 4;
    static final int V5 = 5;

    private static final int PATIENCE_MILLIS = 60_000;
    private static final AtomicInteger CLIENTS = new AtomicInteger();

    private final int version;
    private final Wire wire;
    private final Deque<Message> messages = new ArrayDeque<>();
    private int nextId;
    private int receiveMaximum;
    private boolean present;

    /** Something that was published to us. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Message(String topic, byte[] payload, int qos, boolean retain) {
        String text() {
            return new String(payload, StandardCharsets.UTF_8);
        }
    }

    /** Carries packets. */
    private interface Wire extends AutoCloseable {
        void send(byte[] packet) throws IOException, InterruptedException;

        DataInputStream in() throws IOException, InterruptedException;

        @Override
        void close() throws IOException;
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Packet(int first, byte[] body) {
        int type() {
            return first >> 4;
        }

        DataInputStream in() {
            return new DataInputStream(new ByteArrayInputStream(body));
        }
    }

    private Mqtt(int version, Wire wire) {
        this.version = version;
        this.wire = wire;
    }

    /** A connection over TCP, with a client id of its own and a clean session. */
    static Mqtt tcp(int version, int port) throws IOException, InterruptedException {
        return tcp(version, port, null, null);
    }

    /** A connection over TCP with a user's name and password. */
    static Mqtt tcp(int version, int port, @Nullable String user, @Nullable String password)
            throws IOException, InterruptedException {
        Mqtt mqtt = new Mqtt(version, new Tcp(port));
        int code = mqtt.connect(user, password);
        if (code != 0) {
            mqtt.wire.close();
            throw new Refused(code);
        }
        return mqtt;
    }

    /** A connection over TCP, version 5, that is sent no more than so many messages before it has acknowledged. */
    static Mqtt narrow(int port, int receiveMaximum) throws IOException, InterruptedException {
        Mqtt mqtt = new Mqtt(V5, new Tcp(port));
        mqtt.receiveMaximum = receiveMaximum;
        int code = mqtt.connect(null, null);
        if (code != 0) {
            mqtt.wire.close();
            throw new Refused(code);
        }
        return mqtt;
    }

    /** A connection over TCP, version 5, to a session that outlasts it by an hour. */
    static Mqtt session(int port, String clientId, Tarn.Login login) throws IOException, InterruptedException {
        Mqtt mqtt = new Mqtt(V5, new Tcp(port));
        mqtt.resume(clientId, login);
        return mqtt;
    }

    /** The same over WebSocket. */
    static Mqtt session(URI uri, String clientId, Tarn.Login login) throws IOException, InterruptedException {
        Mqtt mqtt = new Mqtt(V5, new Frames(new WebSocketClient(uri, "mqtt", login.headers())));
        mqtt.resume(clientId, login);
        return mqtt;
    }

    /** A connection over WebSocket. */
    static Mqtt webSocket(int version, URI uri) throws IOException, InterruptedException {
        return webSocket(version, uri, null, null);
    }

    /** A connection over WebSocket with a user's name and password, which the request for it does not have. */
    static Mqtt webSocket(int version, URI uri, @Nullable String user, @Nullable String password)
            throws IOException, InterruptedException {
        Mqtt mqtt = new Mqtt(version, new Frames(new WebSocketClient(uri, "mqtt")));
        int code = mqtt.connect(user, password);
        if (code != 0) {
            mqtt.wire.close();
            throw new Refused(code);
        }
        return mqtt;
    }

    /** CONNACK said no. */
    static final class Refused extends IOException {
        private static final long serialVersionUID = 1L;
        private final int code;

        Refused(int code) {
            super("refused with code " + code);
            this.code = code;
        }

        int code() {
            return code;
        }
    }

    private void resume(String clientId, Tarn.Login login) throws IOException, InterruptedException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream body = new DataOutputStream(bytes);
        body.writeUTF("MQTT");
        body.writeByte(version);
        body.writeByte(login.name() == null ? 0 : 0xc0);
        body.writeShort(60);
        body.writeByte(5);
        body.writeByte(0x11);
        body.writeInt(3_600);
        body.writeUTF(clientId);
        if (login.name() != null && login.password() != null) {
            body.writeUTF(login.name());
            body.writeUTF(login.password());
        }
        try {
            send(0x10, bytes.toByteArray());
            byte[] answer = await(2).body();
            if (answer[1] != 0) {
                throw new Refused(answer[1] & 0xff);
            }
            present = answer[0] == 1;
        } catch (IOException failure) {
            wire.close();
            throw failure;
        }
    }

    /** Whether the session was there before this connection. */
    boolean sessionPresent() {
        return present;
    }

    private int connect(@Nullable String user, @Nullable String password) throws IOException, InterruptedException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream body = new DataOutputStream(bytes);
        body.writeUTF("MQTT");
        body.writeByte(version);
        body.writeByte(0x02 | (user == null ? 0 : 0x80) | (password == null ? 0 : 0x40));
        body.writeShort(60);
        if (receiveMaximum > 0) {
            body.writeByte(3);
            body.writeByte(0x21);
            body.writeShort(receiveMaximum);
        } else {
            noProperties(body);
        }
        body.writeUTF("itest-" + ProcessHandle.current().pid() + "-" + CLIENTS.incrementAndGet());
        if (user != null) {
            body.writeUTF(user);
        }
        if (password != null) {
            body.writeUTF(password);
        }
        send(0x10, bytes.toByteArray());
        Packet answer = await(2);
        return answer.body()[1] & 0xff;
    }

    /** Subscribes and waits for the acknowledgement. */
    Mqtt subscribe(String filter, int qos) throws IOException, InterruptedException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream body = new DataOutputStream(bytes);
        body.writeShort(newId());
        noProperties(body);
        body.writeUTF(filter);
        body.writeByte(qos);
        send(0x82, bytes.toByteArray());
        byte[] answer = await(9).body();
        int code = answer[answer.length - 1] & 0xff;
        if (code > 2) {
            throw new Refused(code);
        }
        return this;
    }

    /** Publishes and waits until the server has acknowledged as the quality of service asks. */
    void publish(String topic, byte[] payload, int qos, boolean retain) throws IOException, InterruptedException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream body = new DataOutputStream(bytes);
        body.writeUTF(topic);
        int id = newId();
        if (qos > 0) {
            body.writeShort(id);
        }
        noProperties(body);
        body.write(payload);
        send(0x30 | (qos << 1) | (retain ? 1 : 0), bytes.toByteArray());
        if (qos == 1) {
            accepted(await(4));
        } else if (qos == 2) {
            accepted(await(5));
            send(0x62, new byte[] {(byte) (id >> 8), (byte) id});
            accepted(await(7));
        }
    }

    void publish(String topic, String payload, int qos, boolean retain) throws IOException, InterruptedException {
        publish(topic, payload.getBytes(StandardCharsets.UTF_8), qos, retain);
    }

    private static void accepted(Packet acknowledgement) throws Refused {
        byte[] body = acknowledgement.body();
        if (body.length > 2 && (body[2] & 0xff) >= 0x80) {
            throw new Refused(body[2] & 0xff);
        }
    }

    /** The next message. Fails when none comes within ten seconds. */
    Message next() throws IOException, InterruptedException {
        while (messages.isEmpty()) {
            take(receive());
        }
        return messages.removeFirst();
    }

    /** Sends a ping and returns how many messages came before its answer: none when nothing is on its way. */
    int pending() throws IOException, InterruptedException {
        send(0xc0, new byte[0]);
        await(13);
        return messages.size();
    }

    /** Waits until the server ends the connection: the reason of its DISCONNECT, or -1 where it says none. */
    int awaitEnd() throws InterruptedException {
        try {
            for (Packet packet = receive(); ; packet = receive()) {
                if (packet.type() == 14) {
                    return packet.body().length == 0 ? 0 : packet.body()[0] & 0xff;
                }
                take(packet);
            }
        } catch (EOFException closed) {
            return -1;
        } catch (SocketTimeoutException open) {
            throw new AssertionError("the server goes on", open);
        } catch (IOException reset) {
            return -1;
        }
    }

    /** Breaks the connection off. */
    void cut() throws IOException {
        wire.close();
    }

    private Packet await(int type) throws IOException, InterruptedException {
        for (Packet packet = receive(); ; packet = receive()) {
            if (packet.type() == type) {
                return packet;
            }
            take(packet);
        }
    }

    private void take(Packet packet) throws IOException, InterruptedException {
        if (packet.type() == 6) {
            send(0x70, new byte[] {packet.body()[0], packet.body()[1]});
            return;
        } else if (packet.type() != 3) {
            throw new IOException("unexpected packet of type " + packet.type());
        }
        DataInputStream in = packet.in();
        String topic = in.readUTF();
        int qos = (packet.first() >> 1) & 3;
        int id = qos > 0 ? in.readUnsignedShort() : 0;
        if (version == V5) {
            in.skipNBytes(variable(in));
        }
        messages.add(new Message(topic, in.readAllBytes(), qos, (packet.first() & 1) == 1));
        if (qos > 0) {
            send(qos == 1 ? 0x40 : 0x50, new byte[] {(byte) (id >> 8), (byte) id});
        }
    }

    private int newId() {
        nextId = nextId % 0xffff + 1;
        return nextId;
    }

    private void noProperties(DataOutputStream body) throws IOException {
        if (version == V5) {
            body.writeByte(0);
        }
    }

    private void send(int first, byte[] body) throws IOException, InterruptedException {
        ByteArrayOutputStream packet = new ByteArrayOutputStream();
        packet.write(first);
        int length = body.length;
        do {
            packet.write((length & 0x7f) | (length > 0x7f ? 0x80 : 0));
            length >>= 7;
        } while (length > 0);
        packet.writeBytes(body);
        wire.send(packet.toByteArray());
    }

    private Packet receive() throws IOException, InterruptedException {
        DataInputStream in = wire.in();
        int first = in.readUnsignedByte();
        byte[] body = new byte[variable(in)];
        in.readFully(body);
        return new Packet(first, body);
    }

    private static int variable(DataInputStream in) throws IOException {
        int value = 0;
        for (int shift = 0; ; shift += 7) {
            int next = in.readUnsignedByte();
            value |= (next & 0x7f) << shift;
            if (next < 0x80) {
                return value;
            }
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        send(0xe0, new byte[0]);
        wire.close();
    }

    private static final class Tcp implements Wire {
        private final Socket socket;
        private final DataInputStream in;

        Tcp(int port) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.setTcpNoDelay(true);
            in = new DataInputStream(new java.io.BufferedInputStream(socket.getInputStream()));
        }

        @Override
        public void send(byte[] packet) throws IOException {
            socket.getOutputStream().write(packet);
        }

        @Override
        public DataInputStream in() {
            return in;
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    /** Packets need not begin where frames do. [MQTT-6.0.0-2] */
    private static final class Frames implements Wire {
        private final WebSocketClient client;
        private final DataInputStream in = new DataInputStream(new InputStream() {
            private ByteArrayInputStream frame = new ByteArrayInputStream(new byte[0]);

            @Override
            public int read() throws IOException {
                await();
                return frame.read();
            }

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                if (length == 0) {
                    return 0;
                }
                await();
                return frame.read(target, offset, length);
            }

            private void await() throws IOException {
                while (frame.available() == 0) {
                    try {
                        frame = new ByteArrayInputStream(client.nextBytes());
                    } catch (InterruptedException interrupted) {
                        Thread.currentThread().interrupt();
                        throw new IOException(interrupted);
                    }
                }
            }
        });

        Frames(WebSocketClient client) {
            this.client = client;
        }

        @Override
        public void send(byte[] packet) throws IOException, InterruptedException {
            client.send(packet);
        }

        @Override
        public DataInputStream in() {
            return in;
        }

        @Override
        public void close() {
            client.close();
        }
    }
}
