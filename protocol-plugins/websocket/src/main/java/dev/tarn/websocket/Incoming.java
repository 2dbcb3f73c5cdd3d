// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import dev.tarn.api.data.Body;
import io.netty.channel.EventLoop;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Messages of a client for the application that took its connection over: whoever subscribed last gets them, as fast as he asks
 * for them; without anybody they are dropped. On the connection's loop, but for subscribing and asking, which may happen anywhere.
 */
final class Incoming implements Flow.Publisher<Body> {
    private final EventLoop loop;

    /** Is told that the demand has changed. */
    private Runnable paced = () -> {};

    private @Nullable Asking reader;
    private boolean closed;

    Incoming(EventLoop loop) {
        this.loop = loop;
    }

    /** Says who reads from the socket, as the demand is. */
    void pacing(Runnable pace) {
        paced = pace;
    }

    /** Whether a message would be taken now. */
    boolean wanted() {
        return reader == null || reader.wanted > 0;
    }

    /** One message more. */
    void next(Body body) {
        if (reader != null) {
            reader.wanted--;
            reader.subscriber.onNext(body);
        }
    }

    /** The client is gone. */
    void close() {
        closed = true;
        Asking last = reader;
        reader = null;
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
                paced.run();
            });
        }

        @Override
        public void cancel() {
            run(() -> {
                if (reader == this) {
                    reader = null;
                    paced.run();
                }
            });
        }
    }
}
