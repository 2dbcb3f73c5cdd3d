// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The timers of one application. Those that are set while it is loaded run once it serves. One that is due again before it
 * has run is run once. Safe on any thread.
 */
final class Timers implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Timers.class);
    private static final int MOST = 10_000;

    private record Key(Isolate isolate, int number) {}

    private final Graal graal;
    private final Map<Key, Timer> timers = new ConcurrentHashMap<>();
    private final AtomicBoolean running = new AtomicBoolean();
    private final AtomicBoolean closed = new AtomicBoolean();

    Timers(Graal graal) {
        this.graal = graal;
    }

    /** One of them. */
    private final class Timer {
        final Key key;
        final long milliseconds;
        final boolean repeated;
        final AtomicBoolean due = new AtomicBoolean();
        final AtomicBoolean began = new AtomicBoolean();

        private volatile boolean cancelled;

        private volatile @Nullable ScheduledFuture<?> armed;

        Timer(Key key, long milliseconds, boolean repeated) {
            this.key = key;
            this.milliseconds = milliseconds;
            this.repeated = repeated;
        }

        void arm() {
            if (!began.compareAndSet(false, true)) {
                return;
            }
            armed = graal.after(milliseconds, repeated, this::fire);
            if (cancelled) {
                cancel();
            }
        }

        private void fire() {
            if (!key.isolate().alive()) {
                Timers.this.cancel(key.isolate(), key.number());
            } else if (due.compareAndSet(false, true)) {
                key.isolate().hand(() -> {
                    due.set(false);
                    if (!cancelled && !closed.get()) {
                        if (!repeated) {
                            timers.remove(key);
                        }
                        key.isolate().function("fire").execute(key.number());
                    }
                });
            }
        }

        void cancel() {
            cancelled = true;
            ScheduledFuture<?> task = armed;
            if (task != null) {
                task.cancel(false);
            }
        }
    }

    void set(Isolate isolate, int number, double milliseconds, boolean repeated) {
        if (timers.size() >= MOST) {
            throw new IllegalStateException("more than " + MOST + " timers");
        }
        Key key = new Key(isolate, number);
        Timer timer = new Timer(key, (long) Math.min(Integer.MAX_VALUE, Math.max(1, milliseconds)), repeated);
        timers.put(key, timer);
        if (running.get() && !closed.get()) {
            timer.arm();
        }
    }

    void cancel(Isolate isolate, int number) {
        Timer timer = timers.remove(new Key(isolate, number));
        if (timer != null) {
            timer.cancel();
        }
    }

    /** From now on they run. */
    void start() {
        if (running.compareAndSet(false, true)) {
            timers.values().forEach(Timer::arm);
            LOG.debug("timers={}", timers.size());
        }
    }

    @Override
    public void close() {
        closed.set(true);
        timers.values().forEach(Timer::cancel);
        timers.clear();
    }
}
