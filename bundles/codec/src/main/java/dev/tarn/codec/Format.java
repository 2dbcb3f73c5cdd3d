// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import dev.tarn.api.codec.Codec;
import org.jspecify.annotations.Nullable;

/** A codec that can be read into, and written by, a {@link Sink}. */
abstract sealed class Format implements Codec permits JsonCodec, CborCodec, MessagePackCodec {

    /** A sink that writes this format. */
    interface Writer extends Sink {
        /** The document, once it is complete. */
        byte[] finish();
    }

    final Limits limits;

    Format(Limits limits) {
        this.limits = limits;
    }

    /**
     * Reads a whole document.
     *
     * @throws dev.tarn.api.data.Failure MALFORMED with the position, TOO_LARGE
     */
    abstract void read(byte[] bytes, Sink sink);

    /** A writer for one document of about so many bytes. */
    abstract Writer writer(int expected);

    @Override
    public final @Nullable Object decode(byte[] bytes) {
        ValueSink sink = new ValueSink();
        read(bytes, sink);
        return sink.value();
    }

    @Override
    public final byte[] encode(@Nullable Object value) {
        Writer writer = writer(128);
        ValueSource.write(value, writer, limits);
        return writer.finish();
    }
}
