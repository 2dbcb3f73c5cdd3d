// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.codec;

import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * One format. Values are null, Boolean, Long, BigInteger, Double, BigDecimal, String, byte[], Instant, List, and Map with
 * String keys in order. Safe on any thread, never blocks.
 */
@ConsumerType
public interface Codec {
    /** The media types that it reads and writes, lower case, without parameters; the first is its own name. */
    Set<String> mediaTypes();

    /**
     * The value that the bytes stand for.
     *
     * @throws dev.tarn.api.data.Failure MALFORMED with the position, TOO_LARGE beyond the limits on depth, size and
     *     numbers
     */
    @Nullable
    Object decode(byte[] bytes) throws IOException;

    /** The bytes that stand for the value. */
    byte[] encode(@Nullable Object value) throws IOException;
}
