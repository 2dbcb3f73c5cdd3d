// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads durations and sizes as people write them in configuration. */
final class Units {

    /** Means: as the machine suggests. */
    static final String AUTO = "auto";

    private static final Pattern QUANTITY = Pattern.compile("(\\d{1,15})\\s*([A-Za-z]*)");
    private static final long MOST_DAYS = 36_500;

    private Units() {}

    /**
     * A duration such as {@code 10s}, {@code 2m}, {@code 1h}, {@code 7d}.
     *
     * @throws IllegalArgumentException naming the key, when it is anything else
     */
    static Duration duration(String key, String text) {
        Matcher matcher = QUANTITY.matcher(text.strip());
        if (matcher.matches()) {
            long count = Long.parseLong(matcher.group(1));
            long seconds = switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
                case "s" -> 1;
                case "m" -> 60;
                case "h" -> 3_600;
                case "d" -> 86_400;
                default -> 0;
            };
            if (seconds > 0 && count <= MOST_DAYS * 86_400 / seconds) {
                return Duration.ofSeconds(count * seconds);
            }
        }
        throw new IllegalArgumentException(key + ": '" + text + "' is no duration; write 10s, 2m, 1h or 7d");
    }

    /**
     * A size such as {@code 4096}, {@code 64KB}, {@code 16MB}, {@code 1GB}, {@code 2TB} in bytes; a KB is 1,024 of them.
     *
     * @throws IllegalArgumentException naming the key, when it is anything else
     */
    static long bytes(String key, String text) {
        Matcher matcher = QUANTITY.matcher(text.strip());
        if (matcher.matches()) {
            long factor = switch (matcher.group(2).toUpperCase(Locale.ROOT)) {
                case "", "B" -> 1;
                case "KB", "K" -> 1L << 10;
                case "MB", "M" -> 1L << 20;
                case "GB", "G" -> 1L << 30;
                case "TB", "T" -> 1L << 40;
                default -> 0;
            };
            long count = Long.parseLong(matcher.group(1));
            if (factor > 0 && count <= Long.MAX_VALUE / factor) {
                return count * factor;
            }
        }
        throw new IllegalArgumentException(
                key + ": '" + text + "' is no size; write a number of bytes, or 64KB, 16MB, 1GB");
    }
}
