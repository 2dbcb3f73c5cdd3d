// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads durations and sizes as people write them in configuration. */
public final class Units {
    private static final Pattern QUANTITY = Pattern.compile("(\\d{1,15})\\s*([A-Za-z]*)");

    /** Fits into a long of nanoseconds, with room to add. */
    private static final Duration LONGEST = Duration.ofDays(36_500);

    private Units() {}

    /**
     * A duration such as {@code 500ms}, {@code 10s}, {@code 2m}, {@code 1h}, {@code 7d}.
     *
     * @throws IllegalArgumentException naming the key, when it is anything else
     */
    public static Duration duration(String key, String text) {
        Matcher matcher = QUANTITY.matcher(text.strip());
        if (matcher.matches()) {
            long count = Long.parseLong(matcher.group(1));
            Duration duration = switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
                case "ms" -> Duration.ofMillis(count);
                case "s" -> Duration.ofSeconds(count);
                case "m" -> Duration.ofMinutes(count);
                case "h" -> Duration.ofHours(count);
                case "d" -> Duration.ofDays(count);
                default -> Duration.ofNanos(-1);
            };
            if (!duration.isNegative() && duration.compareTo(LONGEST) <= 0) {
                return duration;
            }
        }
        throw new IllegalArgumentException(key + ": '" + text + "' is no duration; write 500ms, 10s, 2m, 1h or 7d");
    }

    /**
     * A setting that is a number within bounds.
     *
     * @throws IllegalArgumentException naming the key and the bounds, when it is not
     */
    public static int within(String key, int value, int least, int greatest) {
        return (int) within(key, (long) value, least, greatest);
    }

    /** As {@link #within(String, int, int, int)}, where the bounds may be greater. */
    public static long within(String key, long value, long least, long greatest) {
        if (value < least || value > greatest) {
            throw new IllegalArgumentException(key + " is " + value + ", must be "
                    + (greatest == Long.MAX_VALUE ? least + " or more" : least + " to " + greatest));
        }
        return value;
    }

    /**
     * A size in bytes such as {@code 4096}, {@code 64KB}, {@code 16MB}, {@code 1GB}; a KB is 1,024 bytes.
     *
     * @throws IllegalArgumentException naming the key, when it is anything else or over 2 GB
     */
    public static int bytes(String key, String text) {
        Matcher matcher = QUANTITY.matcher(text.strip());
        if (matcher.matches()) {
            long factor = switch (matcher.group(2).toUpperCase(Locale.ROOT)) {
                case "", "B" -> 1;
                case "KB", "K" -> 1L << 10;
                case "MB", "M" -> 1L << 20;
                case "GB", "G" -> 1L << 30;
                default -> 0;
            };
            long count = Long.parseLong(matcher.group(1));
            if (factor > 0 && count <= Integer.MAX_VALUE / factor) {
                return (int) (count * factor);
            }
        }
        throw new IllegalArgumentException(
                key + ": '" + text + "' is no size; write a number of bytes below 2 GB, or 64KB, 16MB");
    }
}
