// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * Gives versions: microseconds since 1970, always above the last one, also when the machine's clock is set back. Stands
 * still during a batch but for the versions. For the committer thread.
 */
final class Clock implements LongSupplier {

    private final InstantSource source;
    private long now;
    private long last;

    Clock(InstantSource source, long lastVersion) {
        this.source = source;
        this.last = lastVersion;
        read();
    }

    /** Looks at the machine's clock again. */
    void read() {
        now = source.millis();
    }

    /** Milliseconds since 1970 when {@link #read} was called. */
    long now() {
        return now;
    }

    /** The next version. */
    long version() {
        last = Math.max(now * 1_000, last + 1);
        return last;
    }

    /** Versions from now on are above this number too. */
    void passed(long number) {
        last = Math.max(last, number);
    }

    /** The last version that was given. */
    long lastVersion() {
        return last;
    }

    /** A number that nothing else on this node has: the next version. */
    @Override
    public long getAsLong() {
        return version();
    }
}
