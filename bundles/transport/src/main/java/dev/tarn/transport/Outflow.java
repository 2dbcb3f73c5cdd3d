// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.api.data.Body;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What an application sends over a connection that it took over: asks for no more than the connection takes. Its publisher
 * may speak on any thread; all else happens on the connection's loop.
 */
public final class Outflow implements Flow.Subscriber<Body> {

    /** Values that are on their way at a time. */
    private static final int WINDOW = 32;

    /** Where values go. On the loop. */
    public interface Outlet {
        /** Writes one, without flushing. */
        void write(Body body);

        void flush();

        /** There will be no more. */
        void ended(@Nullable Throwable failure);
    }

    private sealed interface Signal {}

    private record Value(Body body) implements Signal {}

    private record End(@Nullable Throwable failure) implements Signal {}

    private final Executor loop;
    private final BooleanSupplier writable;
    private final Outlet outlet;
    private final Queue<Signal> signals = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();

    private Flow.@Nullable Subscription subscription;
    private int underway;
    private boolean over;

    /** @param writable whether the connection takes more now */
    public Outflow(Executor loop, BooleanSupplier writable, Outlet outlet) {
        this.loop = loop;
        this.writable = writable;
        this.outlet = outlet;
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        run(
                () -> {
                    subscription = given;
                    if (over) {
                        given.cancel();
                    } else {
                        ask();
                    }
                },
                given::cancel);
    }

    @Override
    public void onNext(Body body) {
        say(new Value(body));
    }

    @Override
    public void onError(Throwable failure) {
        say(new End(failure));
    }

    @Override
    public void onComplete() {
        say(new End(null));
    }

    private void say(Signal signal) {
        signals.add(signal);
        if (scheduled.compareAndSet(false, true)) {
            run(this::drain, this::cancelled);
        }
    }

    /** The loop has ended, and with it the connection. */
    private void cancelled() {
        Flow.Subscription given = subscription;
        if (given != null) {
            given.cancel();
        }
    }

    private void run(Runnable task, Runnable otherwise) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException stopped) {
            otherwise.run();
        }
    }

    private void drain() {
        // Before the first poll: what is said from now on is either polled or schedules another run.
        scheduled.set(false);
        boolean written = false;
        for (Signal signal = signals.poll(); signal != null; signal = signals.poll()) {
            if (over) {
                continue;
            }
            if (signal instanceof Value value) {
                underway--;
                written = true;
                write(value.body());
            } else if (signal instanceof End end) {
                over = true;
                if (written) {
                    outlet.flush();
                }
                outlet.ended(end.failure());
                return;
            }
        }
        if (written && !over) {
            outlet.flush();
            ask();
        }
    }

    private void write(Body body) {
        try {
            outlet.write(body);
        } catch (RuntimeException unreadable) {
            cancel();
            outlet.ended(unreadable);
        }
    }

    /** Asks for more, if the connection takes it: to be called again when it does. On the loop. */
    public void ask() {
        Flow.Subscription given = subscription;
        if (!over && given != null && underway <= WINDOW / 2 && writable.getAsBoolean()) {
            int more = WINDOW - underway;
            underway = WINDOW;
            given.request(more);
        }
    }

    /** The client is gone, or wants no more. On the loop. */
    public void cancel() {
        if (!over) {
            over = true;
            Flow.Subscription given = subscription;
            if (given != null) {
                given.cancel();
            }
        }
    }
}
