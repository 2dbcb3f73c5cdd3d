// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.io.PrintStream;
import java.util.Locale;

/** A line that tells how far something is, drawn anew a few times a second where somebody looks. For one thread. */
final class Progress {
    private static final int WIDTH = 24;
    private static final long PAUSE = 200_000_000;

    private final PrintStream to;
    private final boolean drawn;
    private final long began = System.nanoTime();
    private long last = began - PAUSE;

    /** @param drawn whether a person looks; else nothing is said before the end */
    Progress(PrintStream to, boolean drawn) {
        this.to = to;
        this.drawn = drawn;
    }

    /** So many rows are done, {@code done} of {@code all} bytes; all is 0 when nobody knows. */
    void at(long rows, long done, long all) {
        long now = System.nanoTime();
        if (drawn && now - last >= PAUSE) {
            last = now;
            to.print("\r" + line(rows, done, all, now));
            to.flush();
        }
    }

    String line(long rows, long done, long all, long now) {
        double seconds = Math.max(0.001, (now - began) / 1e9);
        String rate = String.format(Locale.ROOT, "%,d rows, %,.0f rows/s", rows, rows / seconds);
        if (all == 0) {
            return rate;
        }
        int full = (int) Math.min(WIDTH, WIDTH * done / all);
        return String.format(
                Locale.ROOT, "[%s%s] %3d %%  %s", "#".repeat(full), "-".repeat(WIDTH - full), 100 * done / all, rate);
    }

    /** Leaves the line as it is. */
    void end() {
        if (drawn) {
            to.println();
        }
    }
}
