// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Row;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/** Rows that come on workers, for a thread that waits for them; a bounded number of them in memory. */
final class RowIterator implements Flow.Subscriber<Row>, Iterator<Row>, AutoCloseable {

    private static final int WINDOW = 128;

    /** A row, or how it ended. */
    private record Event(@Nullable Row row, @Nullable Throwable failure) {}

    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private volatile Flow.@Nullable Subscription rows;
    private @Nullable Event next;
    private int taken;

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        rows = subscription;
        subscription.request(WINDOW);
    }

    @Override
    public void onNext(Row row) {
        events.add(new Event(row, null));
    }

    @Override
    public void onError(Throwable failure) {
        events.add(new Event(null, failure));
    }

    @Override
    public void onComplete() {
        events.add(new Event(null, null));
    }

    @Override
    public boolean hasNext() {
        return peek().row() != null;
    }

    @Override
    public Row next() {
        Row row = peek().row();
        if (row == null) {
            throw new NoSuchElementException("there are no more rows");
        }
        next = null;
        taken++;
        Flow.Subscription subscription = rows;
        if (taken % (WINDOW / 2) == 0 && subscription != null) {
            subscription.request(WINDOW / 2);
        }
        return row;
    }

    private Event peek() {
        Event event = next;
        if (event == null) {
            try {
                event = events.take();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new Failure(Failure.Code.UNAVAILABLE, "the application was interrupted");
            }
            next = event;
        }
        Throwable failure = event.failure();
        if (failure instanceof RuntimeException thrown) {
            throw thrown;
        } else if (failure != null) {
            throw new IllegalStateException(failure);
        }
        return event;
    }

    /** Ends the query. */
    @Override
    public void close() {
        Flow.Subscription subscription = rows;
        if (subscription != null) {
            subscription.cancel();
        }
    }
}
