// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.resource;

import dev.tarn.api.data.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a subscription begins.
 *
 * @param value the sequence for AFTER and EVERY, milliseconds since 1970 for SINCE, a count for LAST; else 0
 * @param progress for EVERY, what an earlier subscription did of it; else NONE
 */
public record Start(From from, long value, Progress progress) {

    /** Kinds of beginnings. */
    public enum From {
        /** The current rows, then changes. A row that changes before its turn comes once, as it is then. */
        CURRENT,
        /** Changes from now on. */
        LIVE,
        /** Logged changes after a sequence, then changes as they come. */
        AFTER,
        /** Logged changes since a moment, then changes as they come. */
        SINCE,
        /** The last so many logged changes, then changes as they come. */
        LAST,
        /**
         * Every change after a sequence, or from now on where that is negative, and the current rows that none of these
         * made. A row that changes before its turn is told by each of its changes and not sent itself.
         */
        EVERY
    }

    /**
     * How far current rows were sent, and which changes were told beside them.
     *
     * @param table the qualified name of the table of the last row that was sent; null before the first
     * @param row the path of that row; null before the first
     * @param first the version of the first change that was told; 0 when there was none
     * @param last the version of the last
     */
    public record Progress(@Nullable String table, @Nullable Path row, long first, long last) {
        public static final Progress NONE = new Progress(null, null, 0, 0);
    }

    /** A beginning that goes on with nothing. */
    public Start(From from, long value) {
        this(from, value, Progress.NONE);
    }

    public static final Start CURRENT = new Start(From.CURRENT, 0);

    public static final Start LIVE = new Start(From.LIVE, 0);

    /** The current rows, and every change from now on. */
    public static final Start EVERY = new Start(From.EVERY, -1);

    public static Start after(long sequence) {
        return new Start(From.AFTER, sequence);
    }
}
