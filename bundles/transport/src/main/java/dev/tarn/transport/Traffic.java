// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import java.util.concurrent.atomic.LongAdder;

/** Counters of one protocol; written from many loops, read by whoever shows them. */
public final class Traffic {
    /** Messages, rows or requests that came in. */
    public final LongAdder in = new LongAdder();

    /** Messages, rows or answers that went out. */
    public final LongAdder out = new LongAdder();

    /** Messages that were dropped because a subscriber was slow. */
    public final LongAdder dropped = new LongAdder();

    /** Requests, packets and connections that were refused. */
    public final LongAdder refused = new LongAdder();

    /** Connections that are open now. */
    public final LongAdder open = new LongAdder();
}
