// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import dev.tarn.api.data.Body;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Messages of a client for the application that took its connection over: whoever subscribed last gets them, as fast as he asks
 * for them. An application may be slower than the client's first messages, so that these wait for it: a few, and for a few
 * seconds. What comes after that while nobody reads is dropped. On the connection's loop, but for subscribing and asking, which may
 * happen anywhere.
 */
final class Incoming implements Flow.Publisher<Body> {
    /** Messages that wait for the first reader, and when their bytes are enough. */
    private static final int EARLY = 32;

    private static final int EARLY_BYTES = 64 << 10;

    /** How long they wait. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final EventLoop loop;
    private final Queue<Body> early = new ArrayDeque<>();
    private long earlyBytes;

    /** Whether what comes without a reader is dropped. */
    private boolean ignored;

    /** Is told that the demand has changed. */
    private Runnable paced = () -> {};

    private @Nullable Asking reader;
    private boolean closed;

    Incoming(EventLoop loop) {
        this(loop, PATIENCE);
    }

    /** @param patience how long messages wait for a reader */
    Incoming(EventLoop loop, Duration patience) {
        this.loop = loop;
        run(() -> loop.schedule(this::ignore, patience.toMillis(), TimeUnit.MILLISECONDS));
    }

    /** Who has not subscribed by now only sends. */
    private void ignore() {
        if (reader == null) {
            ignored = true;
            early.clear();
            paced.run();
        }
    }

    /** Says who reads from the socket, as the demand is. */
    void pacing(Runnable pace) {
        paced = pace;
    }

    /** Whether a message would be taken now. */
    boolean wanted() {
        if (reader == null) {
            return ignored || (early.size() < EARLY && earlyBytes < EARLY_BYTES);
        }
        return reader.wanted > 0;
    }

    /**
     * One message more.
     *
     * @param bytes how long it is
     */
    void next(Body body, int bytes) {
        if (reader != null && reader.wanted > 0) {
            reader.wanted--;
            reader.subscriber.onNext(body);
        } else if (reader != null || !ignored) {
            early.add(body);
            earlyBytes += bytes;
        }
    }

    /** The client is gone. */
    void close() {
        closed = true;
        Asking last = reader;
        reader = null;
        early.clear();
        if (last != null) {
            last.subscriber.onComplete();
        }
    }

    @Override
    public void subscribe(Flow.Subscriber<? super Body> subscriber) {
        run(() -> {
            Asking asking = new Asking(subscriber);
            subscriber.onSubscribe(asking);
            if (closed) {
                subscriber.onComplete();
                return;
            }
            Asking last = reader;
            reader = asking;
            if (last != null) {
                last.subscriber.onComplete();
            }
        });
    }

    private void run(Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException stopped) {
            // The loop has ended, and with it the connection: nothing comes any more.
            closed = true;
        }
    }

    private final class Asking implements Flow.Subscription {
        private final Flow.Subscriber<? super Body> subscriber;
        private long wanted;

        Asking(Flow.Subscriber<? super Body> subscriber) {
            this.subscriber = subscriber;
        }

        @Override
        public void request(long count) {
            run(() -> {
                wanted = wanted + count < 0 ? Long.MAX_VALUE : wanted + count;
                while (reader == this && wanted > 0 && !early.isEmpty()) {
                    wanted--;
                    subscriber.onNext(early.remove());
                }
                paced.run();
            });
        }

        @Override
        public void cancel() {
            run(() -> {
                if (reader == this) {
                    reader = null;
                    ignored = true;
                    early.clear();
                    paced.run();
                }
            });
        }
    }
}
