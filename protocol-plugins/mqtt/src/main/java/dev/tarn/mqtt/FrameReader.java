// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.ByteToMessageDecoder;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a stream of bytes into packets. A packet's type, flags and length are judged as soon as they are there, before a
 * byte of its content is waited for, so that memory follows what has arrived and never what was promised. For the
 * connection's loop.
 */
final class FrameReader {

    /**
     * What a CONNECT may measure; nothing else may come first. Five fields of 65,535 bytes each (client identifier, will
     * topic, will payload, user name, password), and as much again as one of them for properties.
     */
    static final int BEFORE_CONNECT = 6 * 65_536;

    private final ByteBufAllocator allocator;
    private @Nullable ByteBuf pending;
    private int limit = BEFORE_CONNECT;
    private int header;
    private boolean connected;
    private boolean authenticating;

    FrameReader(ByteBufAllocator allocator) {
        this.allocator = allocator;
    }

    /** From now on any packet may come, of at most this many bytes, its header included. */
    void connected(int maximumPacketSize) {
        connected = true;
        limit = maximumPacketSize;
    }

    /** From now on only AUTH and DISCONNECT may come, until the client is {@link #connected}. */
    void authenticating() {
        authenticating = true;
    }

    /** Whether {@link #connected} was called. */
    boolean connected() {
        return connected;
    }

    /** Adds bytes; takes the buffer over. */
    void add(ByteBuf bytes) {
        ByteBuf before = pending;
        pending = before == null ? bytes : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(allocator, before, bytes);
    }

    /** The first byte of the packet that {@link #next} returned. */
    int header() {
        return header;
    }

    /** Bytes that wait to become a packet. */
    int waiting() {
        return pending == null ? 0 : pending.readableBytes();
    }

    /**
     * The content of the next packet, or null until more bytes come. It is valid until the next call of any method here.
     *
     * @throws Violation when the packet must not come, or is too large
     */
    @Nullable
    ByteBuf next() {
        ByteBuf in = pending;
        if (in == null || in.readableBytes() < 1) {
            return null;
        }
        int start = in.readerIndex();
        int first = in.getUnsignedByte(start);
        check(first);
        int length = 0;
        int at = start + 1;
        for (int shift = 0; ; shift += 7) {
            if (shift == 28) {
                throw Violation.malformed("a remaining length of more than four bytes");
            }
            if (at == in.writerIndex()) {
                return null;
            }
            int digit = in.getUnsignedByte(at++);
            length |= (digit & 0x7F) << shift;
            if (digit < 0x80) {
                if (digit == 0 && shift > 0) {
                    throw Violation.malformed("a remaining length longer than it need be");
                }
                break;
            }
        }
        int size = at - start + length;
        if (size > limit) {
            throw new Violation(
                    Reason.PACKET_TOO_LARGE, "a packet of " + size + " bytes, the largest allowed is " + limit);
        }
        if (in.writerIndex() - at < length) {
            return null;
        }
        header = first;
        in.readerIndex(at + length);
        return in.slice(at, length);
    }

    /** To be called when all packets are taken: gives memory back. */
    void settle() {
        ByteBuf rest = pending;
        if (rest == null) {
            return;
        }
        int bytes = rest.readableBytes();
        if (bytes == 0) {
            close();
        } else if (rest.readerIndex() > 0 && rest.capacity() > 2 * bytes) {
            pending = allocator.buffer(bytes).writeBytes(rest);
            rest.release();
        }
    }

    /** Forgets everything. */
    void close() {
        ByteBuf rest = pending;
        pending = null;
        if (rest != null) {
            rest.release();
        }
    }

    /**
     * Types of clients only, with the flags that the specification fixes [MQTT-2.1.3-1], [MQTT-2.2.2-1].
     * [MQTT-3.6.1-1], [MQTT-3.8.1-1], [MQTT-3.10.1-1], [MQTT-3.14.1-1], [MQTT-3.15.1-1]; 3.1.1 [MQTT-2.2.2-2]
     */
    private void check(int first) {
        int type = first >> 4;
        int flags = first & 0x0F;
        if (authenticating && !connected && type != Packet.AUTH && type != Packet.DISCONNECT) {
            throw Violation.protocol("packet type " + type + " before the client is who it says"); // [MQTT-3.1.2-30]
        }
        if ((type == Packet.CONNECT) == (connected || authenticating)) {
            throw Violation.protocol(
                    // [MQTT-3.1.0-1], [MQTT-3.1.0-2]
                    connected ? "a second CONNECT" : "the first packet is not CONNECT");
        }
        switch (type) {
            case Packet.PUBLISH -> {
                int qos = flags >> 1 & 3;
                if (qos == 3) {
                    throw Violation.malformed("quality of service 3"); // [MQTT-3.3.1-4]
                }
                if (qos == 0 && (flags & 8) != 0) {
                    throw Violation.malformed("DUP at quality of service 0"); // [MQTT-3.3.1-2]
                }
            }
            case Packet.PUBREL, Packet.SUBSCRIBE, Packet.UNSUBSCRIBE -> fixed(flags, 2);
            case Packet.CONNECT,
                    Packet.PUBACK,
                    Packet.PUBREC,
                    Packet.PUBCOMP,
                    Packet.PINGREQ,
                    Packet.DISCONNECT,
                    Packet.AUTH -> fixed(flags, 0);
            default -> throw Violation.protocol("packet type " + type + " does not come from a client");
        }
    }

    private static void fixed(int flags, int expected) {
        if (flags != expected) {
            throw Violation.malformed("flags " + flags + " in the fixed header, must be " + expected);
        }
    }
}
