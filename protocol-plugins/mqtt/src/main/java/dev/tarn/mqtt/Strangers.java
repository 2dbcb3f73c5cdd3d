// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The bytes that are kept of connections whose CONNECT has not come as a whole, all together. One may be large; many large
 * ones at once are what nobody needs who is not known yet. Safe on any thread.
 */
final class Strangers {

    /** Bytes of all of them. */
    static final long MOST = 32L << 20;

    private final AtomicLong bytes = new AtomicLong();

    /** One has so many more, or fewer; false when all together have too many. */
    boolean add(int more) {
        return bytes.addAndGet(more) <= MOST;
    }

    /** What they have now. */
    long bytes() {
        return bytes.get();
    }
}
