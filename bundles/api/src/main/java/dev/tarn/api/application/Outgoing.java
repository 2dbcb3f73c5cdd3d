// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * What a resource sends over a connection that it took over: to be returned by {@code connect}. Values are records, maps,
 * lists, text, numbers, or a {@link Body} as it is. For one client; safe on any thread.
 */
public final class Outgoing implements Flow.Publisher<Object>, AutoCloseable {

    /** Values that may wait for a client that does not read. */
    public static final int MOST = 1_000;

    /** What is done with a message. */
    @FunctionalInterface
    public interface Reader {
        /** On a thread for applications, one message of a connection at a time. */
        void read(Body message) throws Exception;
    }

    private final Queue<Object> waiting = new ArrayDeque<>();
    private final List<Runnable> closing = new ArrayList<>();
    private Flow.@Nullable Subscriber<? super Object> client;
    private long wanted;
    private boolean ended;
    private boolean gone;
    private boolean handing;
    private @Nullable Throwable failure;

    /**
     * Sends a value, as soon as the client reads; nothing once it is gone.
     *
     * @throws Failure BUSY when {@link #MOST} values wait already
     */
    public void send(Object value) {
        synchronized (this) {
            if (gone || ended) {
                return;
            }
            if (waiting.size() >= MOST) {
                throw new Failure(Failure.Code.BUSY, MOST + " values wait for a client that does not read");
            }
            waiting.add(value);
        }
        hand();
    }

    /** Ends the connection once everything is sent. */
    @Override
    public void close() {
        end(null);
    }

    /** Ends the connection with what went wrong, once everything is sent. */
    public void fail(Throwable why) {
        end(why);
    }

    private void end(@Nullable Throwable why) {
        synchronized (this) {
            if (ended) {
                return;
            }
            ended = true;
            failure = why;
        }
        hand();
    }

    /** Does something when the connection has ended, whoever ended it; at once where it has already. */
    public Outgoing whenClosed(Runnable action) {
        synchronized (this) {
            if (!gone) {
                closing.add(action);
                return this;
            }
        }
        action.run();
        return this;
    }

    /**
     * Reads what comes in, one message after the other. A reader that throws ends the connection; where it throws a
     * {@link Failure}, the client is told.
     */
    public Outgoing reading(Flow.Publisher<Body> incoming, Reader reader) {
        incoming.subscribe(new Flow.Subscriber<>() {
            private Flow.@Nullable Subscription messages;

            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                messages = subscription;
                subscription.request(1);
            }

            @Override
            public void onNext(Body message) {
                try {
                    reader.read(message);
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                    end(interrupted);
                } catch (Exception thrown) {
                    end(thrown);
                }
                if (messages != null) {
                    messages.request(1);
                }
            }

            @Override
            public void onError(Throwable broken) {
                close();
            }

            @Override
            public void onComplete() {
                close();
            }
        });
        return this;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super Object> subscriber) {
        synchronized (this) {
            if (client != null) {
                throw new IllegalStateException("what goes out has one reader");
            }
            client = subscriber;
        }
        subscriber.onSubscribe(new Flow.Subscription() {
            @Override
            public void request(long count) {
                synchronized (Outgoing.this) {
                    wanted = wanted + count < 0 ? Long.MAX_VALUE : wanted + count;
                }
                hand();
            }

            @Override
            public void cancel() {
                finish();
            }
        });
        hand();
    }

    /** Hands on what may be handed on, by one thread at a time and outside of the lock. */
    private void hand() {
        while (true) {
            Object next = null;
            Flow.Subscriber<? super Object> reader;
            synchronized (this) {
                reader = client;
                if (handing || gone || reader == null) {
                    return;
                }
                if (!waiting.isEmpty() && wanted > 0) {
                    next = waiting.remove();
                    wanted--;
                } else if (!ended || !waiting.isEmpty()) {
                    return;
                }
                handing = true;
            }
            try {
                if (next != null) {
                    reader.onNext(next);
                } else {
                    finish();
                    if (failure == null) {
                        reader.onComplete();
                    } else {
                        reader.onError(failure);
                    }
                }
            } finally {
                synchronized (this) {
                    handing = false;
                }
            }
        }
    }

    private void finish() {
        List<Runnable> actions;
        synchronized (this) {
            if (gone) {
                return;
            }
            gone = true;
            waiting.clear();
            actions = List.copyOf(closing);
            closing.clear();
        }
        actions.forEach(Runnable::run);
    }
}
