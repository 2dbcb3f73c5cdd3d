// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;

/**
 * Any bytes to the decoder, cut in two at any place: what comes out is a packet, or a {@link Violation}, or the wish for
 * more. The first byte says from whom they are, the second where they are cut.
 */
public final class DecoderFuzz {
    private static final java.util.List<Version> VERSIONS = java.util.List.of(Version.V31, Version.V311, Version.V5);

    private DecoderFuzz() {}

    /** What a fuzzer calls, and {@link FuzzTest} with what fuzzers found. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length < 2) {
            return;
        }
        byte[] packets = java.util.Arrays.copyOfRange(input, 2, input.length);
        String whole = read(input[0] & 3, packets, packets.length);
        String parts = read(input[0] & 3, packets, (input[1] & 0xFF) % (packets.length + 1));
        if (!whole.equals(parts)) {
            throw new AssertionError("in one piece: " + whole + "; in two: " + parts);
        }
    }

    /** What is read, in words. */
    private static String read(int sender, byte[] packets, int cut) {
        StringBuilder said = new StringBuilder();
        FrameReader frames = new FrameReader(UnpooledByteBufAllocator.DEFAULT);
        PacketReader reader = null;
        if (sender > 0) {
            frames.connected(65_536);
            reader = new PacketReader(VERSIONS.get(sender - 1));
        }
        try {
            frames.add(Unpooled.copiedBuffer(packets, 0, cut));
            reader = read(frames, reader, said);
            frames.add(Unpooled.copiedBuffer(packets, cut, packets.length - cut));
            read(frames, reader, said);
        } catch (Violation violation) {
            said.append(violation.reason());
        } finally {
            frames.close();
        }
        return said.toString();
    }

    private static PacketReader read(FrameReader frames, PacketReader known, StringBuilder said) {
        PacketReader reader = known;
        for (ByteBuf content = frames.next(); content != null; content = frames.next()) {
            if (reader == null) {
                Packet.Connect connect = new ConnectReader().read(content);
                said.append(connect.clientId()).append(' ');
                frames.connected(65_536);
                reader = new PacketReader(connect.version());
            } else {
                said.append(reader.read(frames.header(), content).getClass().getSimpleName())
                        .append(' ');
            }
        }
        return reader;
    }
}
