// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import io.netty.handler.codec.DateFormatter;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Date;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Moments as HTTP writes them, to the second (RFC 9110 §5.6.7). */
final class Moment {
    private static final DateTimeFormatter FORMAT = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US)
            .withZone(ZoneOffset.UTC);

    private Moment() {}

    /** The text for a row's version, which is microseconds since 1970. */
    static String ofVersion(long version) {
        return FORMAT.format(Instant.ofEpochSecond(seconds(version)));
    }

    /** The second in which a version was made. */
    static long seconds(long version) {
        return version / 1_000_000;
    }

    /**
     * Seconds since 1970 of a date in one of the three forms that are to be understood, or null when the text is none,
     * which RFC 9110 §13.1.3 says to ignore.
     */
    static @Nullable Long parse(String text) {
        Date date = DateFormatter.parseHttpDate(text.strip());
        return date == null ? null : date.toInstant().getEpochSecond();
    }
}
