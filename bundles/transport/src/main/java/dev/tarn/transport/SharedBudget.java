// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many bytes each of the streams of one protocol may have on the way to clients that do not read: so many, and less when
 * there are so many streams that all together would take too much of the memory. Safe on any thread.
 */
public final class SharedBudget {
    private static final long LEAST = 4 << 10;

    /** The part of the memory that all streams may have. */
    private static final int PART = 8;

    private final AtomicInteger streams = new AtomicInteger();
    private final long each;
    private final long all;

    /** @param each bytes of one stream where there are few */
    public SharedBudget(long each) {
        this(each, Runtime.getRuntime().maxMemory() / PART);
    }

    SharedBudget(long each, long all) {
        this.each = each;
        this.all = all;
    }

    /** One more stream. */
    public void enter() {
        streams.incrementAndGet();
    }

    /** One less. */
    public void leave() {
        streams.decrementAndGet();
    }

    /** What one stream may have now. */
    public long each() {
        return Math.max(LEAST, Math.min(each, all / Math.max(1, streams.get())));
    }
}
