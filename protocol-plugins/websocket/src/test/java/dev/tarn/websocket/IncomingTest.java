// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Body;
import dev.tarn.codec.CodecBodies;
import io.netty.channel.DefaultEventLoop;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Messages for an application that takes its time to read them. */
class IncomingTest {
    private static final Bodies BODIES = CodecBodies.standard();
    private static final Duration LONG = Duration.ofHours(1);

    private final DefaultEventLoop loop = new DefaultEventLoop();

    @AfterEach
    void stop() {
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private <T> T on(Callable<T> call) throws Exception {
        return loop.submit(call).get(60, TimeUnit.SECONDS);
    }

    private void send(Incoming incoming, String text) throws Exception {
        on(() -> {
            incoming.next(BODIES.opaque("text/plain", text.getBytes(StandardCharsets.UTF_8)), text.length());
            return text;
        });
    }

    /** Keeps what it gets; asks when it is told to. */
    private static final class Reader implements Flow.Subscriber<Body> {
        private final BlockingQueue<String> got = new LinkedBlockingQueue<>();
        private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription.complete(given);
        }

        @Override
        public void onNext(Body body) {
            got.add(new String(body.bytes(), StandardCharsets.UTF_8));
        }

        @Override
        public void onError(Throwable failure) {
            got.add(failure.toString());
        }

        @Override
        public void onComplete() {
            got.add("complete");
        }

        void request(long count) throws Exception {
            subscription.get(60, TimeUnit.SECONDS).request(count);
        }

        String next() throws InterruptedException {
            return got.poll(60, TimeUnit.SECONDS);
        }
    }

    @Test
    void what_comes_before_anybody_reads_waits_and_comes_first() throws Exception {
        Incoming incoming = new Incoming(loop, LONG);
        send(incoming, "a");
        send(incoming, "b");
        Reader reader = new Reader();
        incoming.subscribe(reader);
        send(incoming, "c");
        reader.request(1);
        assertThat(reader.next()).isEqualTo("a");
        assertThat(on(incoming::wanted)).isFalse();
        reader.request(4);
        assertThat(reader.next()).isEqualTo("b");
        assertThat(reader.next()).isEqualTo("c");
        assertThat(on(incoming::wanted)).isTrue();
        send(incoming, "d");
        assertThat(reader.next()).isEqualTo("d");
        on(() -> {
            incoming.close();
            return true;
        });
        assertThat(reader.next()).isEqualTo("complete");
    }

    @Test
    void only_so_many_wait() throws Exception {
        Incoming incoming = new Incoming(loop, LONG);
        int sent = 0;
        while (on(incoming::wanted)) {
            send(incoming, "m" + sent++);
        }
        assertThat(sent).isEqualTo(32);
        Incoming large = new Incoming(loop, LONG);
        send(large, "x".repeat(100_000));
        assertThat(on(large::wanted)).isFalse();
        Reader reader = new Reader();
        large.subscribe(reader);
        reader.request(2);
        assertThat(reader.next()).hasSize(100_000);
        assertThat(on(large::wanted)).isTrue();
    }

    @Test
    void who_never_reads_holds_nobody_up() throws Exception {
        Incoming incoming = new Incoming(loop, Duration.ofMillis(1));
        long end = System.nanoTime() + 60_000_000_000L;
        int taken = 0;
        while (taken < 100 && System.nanoTime() < end) {
            if (on(incoming::wanted)) {
                send(incoming, "m");
                taken++;
            }
        }
        assertThat(taken).isEqualTo(100);
    }

    @Test
    void who_ceases_to_read_is_sent_nothing_more() throws Exception {
        Incoming incoming = new Incoming(loop, LONG);
        Reader reader = new Reader();
        incoming.subscribe(reader);
        reader.request(1);
        send(incoming, "a");
        assertThat(reader.next()).isEqualTo("a");
        reader.subscription.get(60, TimeUnit.SECONDS).cancel();
        on(() -> true);
        assertThat(on(incoming::wanted)).isTrue();
        send(incoming, "b");
        Reader second = new Reader();
        incoming.subscribe(second);
        second.request(1);
        send(incoming, "c");
        assertThat(second.next()).isEqualTo("c");
    }
}
