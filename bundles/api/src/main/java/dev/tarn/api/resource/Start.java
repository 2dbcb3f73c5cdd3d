// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.resource;

/**
 * Where a subscription begins.
 *
 * @param value the sequence for AFTER, milliseconds since 1970 for SINCE, a count for LAST; else 0
 */
public record Start(From from, long value) {

    /** Kinds of beginnings. */
    public enum From {
        /** The current rows, then changes. */
        CURRENT,
        /** Changes from now on. */
        LIVE,
        /** Logged changes after a sequence, then changes as they come. */
        AFTER,
        /** Logged changes since a moment, then changes as they come. */
        SINCE,
        /** The last so many logged changes, then changes as they come. */
        LAST
    }

    public static final Start CURRENT = new Start(From.CURRENT, 0);

    public static final Start LIVE = new Start(From.LIVE, 0);

    public static Start after(long sequence) {
        return new Start(From.AFTER, sequence);
    }
}
