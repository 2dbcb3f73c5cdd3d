// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import java.util.concurrent.TimeUnit;

/**
 * How fast one client may publish: so much a second, and a second's worth at once. Who is faster is not read from for as
 * long as it takes; who has been slowed without a break for longer than the patience is told. For the connection's loop.
 */
final class Rate {

    private static final double SECOND = TimeUnit.SECONDS.toNanos(1);

    private final Limits.Rates limits;
    private double messages;
    private double bytes;
    private long last;
    private long slowedSince;

    Rate(Limits.Rates limits, long now) {
        this.limits = limits;
        this.messages = limits.messages();
        this.bytes = limits.bytes();
        this.last = now;
    }

    /**
     * Takes one publish into account.
     *
     * @param now in nanoseconds, as {@link System#nanoTime}
     * @return for how many nanoseconds nothing more should be read; 0 for no wait
     * @throws Violation when the patience is over
     */
    long published(int payload, long now) {
        double wait = 0;
        double passed = (now - last) / SECOND;
        last = now;
        if (limits.messages() > 0) {
            messages = Math.min(limits.messages(), messages + passed * limits.messages()) - 1;
            wait = -messages / limits.messages();
        }
        if (limits.bytes() > 0) {
            bytes = Math.min(limits.bytes(), bytes + passed * limits.bytes()) - payload;
            wait = Math.max(wait, -bytes / limits.bytes());
        }
        if (wait <= 0) {
            slowedSince = 0;
            return 0;
        }
        if (slowedSince == 0) {
            slowedSince = now == 0 ? 1 : now;
        }
        long patience = limits.patience().toNanos();
        if (patience > 0 && now - slowedSince > patience) {
            throw new Violation(Reason.MESSAGE_RATE_TOO_HIGH, "more publishes a second than are allowed");
        }
        return (long) (wait * SECOND);
    }

    /** Whether there is nothing to limit. */
    static boolean none(Limits.Rates limits) {
        return limits.messages() == 0 && limits.bytes() == 0;
    }
}
