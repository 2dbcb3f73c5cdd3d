// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.data;

import java.util.LinkedHashMap;
import java.util.Map;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Bytes that are kept beside a row, since they are too many to be held whole: the value of an attribute of type BLOB, or a whole
 * body. The row itself has a <em>reference</em> in their place: an object with {@code contentType} and {@code length}. Immutable,
 * safe on any thread.
 */
@ProviderType
public interface Content {

    /** The name in {@link Body#contents()} of a content that is the whole body. */
    String WHOLE = "";

    /** The media type of a body that is the reference to a content, written in JSON. */
    String REFERENCE = "application/vnd.tarn.content+json";

    /** The media type as the sender wrote it. */
    String mediaType();

    /** In bytes. */
    long length();

    /**
     * Keeps the bytes readable, whatever becomes of the row, until the reader is closed; for how long after the row has let them
     * go is limited. Never blocks.
     *
     * @throws Failure NOT_FOUND when no row has them any more, so that the row should be read again; UNAVAILABLE when the store is
     *     closed
     */
    Reader open();

    /** Reads a content; for one thread at a time. */
    interface Reader extends AutoCloseable {

        /**
         * The bytes from a place on, verified: at least one, unless {@code most} is 0 or the content ends there. May block.
         *
         * @param most so many at most, from 0
         * @throws Failure UNAVAILABLE when they are damaged, cannot be read, or were kept for too long
         */
        byte[] read(long from, int most);

        @Override
        void close();
    }

    /** A content that is here as a whole, not copied. */
    static Content of(String mediaType, byte[] bytes) {
        return new HeldContent(mediaType, bytes);
    }

    /** What a row has in place of this content. */
    default Map<String, Object> reference() {
        Map<String, Object> reference = new LinkedHashMap<>(4);
        reference.put("contentType", mediaType());
        reference.put("length", length());
        return reference;
    }
}
