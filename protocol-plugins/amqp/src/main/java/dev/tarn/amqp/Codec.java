// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import io.netty.buffer.ByteBuf;
import org.apache.qpid.protonj2.buffer.ProtonBuffer;
import org.apache.qpid.protonj2.buffer.ProtonBufferAllocator;
import org.apache.qpid.protonj2.codec.CodecFactory;
import org.apache.qpid.protonj2.codec.Decoder;
import org.apache.qpid.protonj2.codec.DecoderState;
import org.apache.qpid.protonj2.codec.Encoder;
import org.apache.qpid.protonj2.codec.EncoderState;
import org.apache.qpid.protonj2.engine.Engine;
import org.apache.qpid.protonj2.types.transport.AmqpError;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes sections of messages. Encoders and decoders of the library remember types that they meet, so each
 * connection has its own (decision 0222). For the connection's loop.
 */
final class Codec {

    /** The library hands its engines one shared pair otherwise. */
    private static final Object FACTORY = new Object();

    private final Encoder encoder = CodecFactory.getDefaultEncoder().registerDescribedTypeEncoder(new ListEncoder());
    private final Decoder decoder = CodecFactory.getDefaultDecoder();
    private final EncoderState encoding = encoder.newEncoderState();
    private final DecoderState decoding = decoder.newDecoderState();

    /**
     * An engine without SASL that has read the protocol header and uses this codec's encoder and decoder.
     *
     * @param prepare what must be set before the header is read
     */
    Engine engine(byte[] header, java.util.function.Consumer<Engine> prepare) {
        synchronized (FACTORY) {
            CodecFactory.setEncoder(encoder);
            CodecFactory.setDecoder(decoder);
            Engine engine = Mending.engine();
            prepare.accept(engine);
            engine.start();
            engine.ingest(buffer(header));
            return engine;
        }
    }

    static ProtonBuffer buffer(byte[] bytes) {
        return ProtonBufferAllocator.defaultAllocator().copy(bytes).convertToReadOnly();
    }

    /**
     * The next value of the buffer, which has passed {@link Shape}.
     *
     * @throws Refusal when it is not what the types allow
     */
    @Nullable
    Object read(ProtonBuffer buffer) {
        decoding.reset();
        try {
            return decoder.readObject(buffer, decoding);
        } catch (RuntimeException unreadable) {
            throw new Refusal(
                    AmqpError.DECODE_ERROR,
                    "a section that cannot be read: " + String.valueOf(unreadable.getMessage()));
        }
    }

    void write(ProtonBuffer buffer, Object section) {
        encoding.reset();
        encoder.writeObject(buffer, encoding, section);
    }

    /** A frame of channel 0 with nothing but a performative, AMQP 1.0 §2.3. */
    ProtonBuffer frame(Object performative) {
        ProtonBuffer buffer = allocate(256);
        buffer.writeInt(0).writeByte((byte) 2).writeByte((byte) 0).writeShort((short) 0);
        write(buffer, performative);
        return buffer.setInt(0, buffer.getReadableBytes());
    }

    static ProtonBuffer allocate(int size) {
        return ProtonBufferAllocator.defaultAllocator().allocate(size);
    }

    static void copy(ProtonBuffer from, ByteBuf to) {
        int length = from.getReadableBytes();
        to.ensureWritable(length);
        int at = to.writerIndex();
        from.readBytes(to.nioBuffer(at, length));
        to.writerIndex(at + length);
    }

    /** What is readable; nothing where there is no buffer. */
    static byte[] bytes(@Nullable ProtonBuffer buffer) {
        if (buffer == null) {
            return new byte[0];
        }
        byte[] bytes = new byte[buffer.getReadableBytes()];
        buffer.readBytes(bytes, 0, bytes.length);
        return bytes;
    }
}
