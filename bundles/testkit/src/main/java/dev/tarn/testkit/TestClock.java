// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.concurrent.atomic.AtomicLong;

/** The machine's clock, which a test can put forward: what rows expire by and changes are stamped with. Safe on any thread. */
public final class TestClock extends Clock {
    private final Clock machine;
    private final AtomicLong ahead;

    public TestClock() {
        this(Clock.system(ZoneId.systemDefault()), new AtomicLong());
    }

    private TestClock(Clock machine, AtomicLong ahead) {
        this.machine = machine;
        this.ahead = ahead;
    }

    /** Puts it forward. */
    public void advance(Duration time) {
        if (time.isNegative()) {
            throw new IllegalArgumentException("time does not go back: " + time);
        }
        ahead.addAndGet(time.toMillis());
    }

    @Override
    public Instant instant() {
        return machine.instant().plusMillis(ahead.get());
    }

    @Override
    public ZoneId getZone() {
        return machine.getZone();
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return new TestClock(machine.withZone(zone), ahead);
    }
}
