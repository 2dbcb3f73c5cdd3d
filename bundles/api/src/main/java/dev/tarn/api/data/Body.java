// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.data;

import java.util.Map;

/**
 * What a row or a message holds: bytes of one media type. A <em>structured</em> body (object, array, number …) can be
 * read as a value and as any format; an <em>opaque</em> one is bytes that nobody parses unless asked to. Made by
 * {@code dev.tarn.api.codec.Bodies} or by the store. Immutable, safe on any thread; other forms are made on demand,
 * once, and remembered.
 */
public interface Body {

    /** What {@link #mediaType()} says when the sender did not: {@code application/octet-stream}. */
    String OPAQUE = "application/octet-stream";

    /** The media type of {@link #bytes()}, parameters included as the sender wrote them. */
    String mediaType();

    /** The bytes themselves, not a copy: readers never change them. */
    byte[] bytes();

    /** Whether this body holds a value rather than bytes: it came from a value, or the store keeps it as one. */
    boolean structured();

    /**
     * This body in another format.
     *
     * @throws Failure UNSUPPORTED when there is no codec for either format, MALFORMED when the bytes are not what their
     *     media type says
     */
    Body as(String mediaType);

    /**
     * The decoded value: null, Boolean, Long, BigInteger, Double, BigDecimal, String, byte[], Instant, List, or Map with
     * String keys in order. Not to be changed.
     *
     * @throws Failure as {@link #as}
     */
    @org.jspecify.annotations.Nullable
    Object value();

    /**
     * What is kept beside it and not in it, by the attribute that has the reference; under {@link Content#WHOLE} when all of it is.
     * Empty in nearly all cases.
     */
    default Map<String, Content> contents() {
        return Map.of();
    }

    /** This structured body, which has references, with the contents that they stand for. */
    default Body with(Map<String, Content> contents) {
        return contents.isEmpty() ? this : new Accompanied(this, contents);
    }

    /** Roughly how many bytes it takes in memory, for limits; quick, since nothing is encoded to find out. */
    default int size() {
        return structured() ? 512 : bytes().length;
    }
}
