// SPDX-License-Identifier: Apache-2.0
package dev.tarn.bench;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Path;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscriber;
import dev.tarn.api.resource.Subscription;
import dev.tarn.api.resource.Terms;
import dev.tarn.testkit.Node;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Messages that need no log, from the door to the subscribers' mailboxes, without any protocol: time per message, that of all
 * its deliveries included. One loop, as a connection has.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class DeliveryBenchmark {
    private static final int MESSAGES = 100;
    private static final Path TOPIC = Path.of("house/1/room1/device1/temperature");

    /** How many hear each message. */
    @Param({"1", "200"})
    public int subscribers;

    /** How many others subscribe to something else. */
    @Param({"0", "1000000"})
    public int others;

    private final ExecutorService loop = Executors.newSingleThreadExecutor();
    private final List<Mailbox> mailboxes = new ArrayList<>();
    private java.nio.file.Path directory = java.nio.file.Path.of(".");
    private Node node;
    private Body body;
    private Round round = new Round(0);

    /** Counts down what is expected; on the loop. */
    private static final class Round {
        private final CountDownLatch done = new CountDownLatch(1);
        private long left;

        Round(long expected) {
            left = expected;
        }

        void take(int count) {
            left -= count;
            if (left == 0) {
                done.countDown();
            }
        }
    }

    private final class Counting implements Subscriber {
        @Override
        public void deliver(List<Delivery> batch) {
            round.take(batch.size());
        }

        @Override
        public void missed(long changes) {
            throw new IllegalStateException("missed " + changes);
        }

        @Override
        public void current(Subscription subscription, long sequence) {
            throw new IllegalStateException("nobody asked for rows");
        }

        @Override
        public void reset(Subscription subscription) {
            throw new IllegalStateException("nobody asked for the log");
        }

        @Override
        public void ended(Failure why) {
            throw why;
        }
    }

    @Setup
    public void prepare() throws IOException {
        directory = Files.createTempDirectory("tarn-delivery");
        node = Node.in(directory)
                .configure("engine", "mailbox_subscriptions", 2_000_000)
                .start();
        body = node.services().bodies().opaque(Body.OPAQUE, new byte[100]);
        onLoop(() -> {
            for (int i = 0; i < subscribers; i++) {
                mailbox().subscribe(Filter.of(TOPIC), Start.LIVE, null);
            }
            if (others > 0) {
                Mailbox another = mailbox();
                for (int i = 0; i < others; i++) {
                    another.subscribe(Filter.of("house/" + i / 200 + "/other/device" + i % 200), Start.LIVE, null);
                }
            }
        });
    }

    /** On the loop. */
    private Mailbox mailbox() {
        Mailbox made = node.services().resources().mailbox(node.context(), loop, new Counting());
        made.request(Long.MAX_VALUE);
        mailboxes.add(made);
        return made;
    }

    private void onLoop(Runnable work) {
        CompletableFuture.runAsync(work, loop).join();
    }

    @Benchmark
    @OperationsPerInvocation(MESSAGES)
    public void publish() throws InterruptedException {
        Round now = new Round((long) MESSAGES * subscribers);
        Resources resources = node.services().resources();
        loop.execute(() -> {
            round = now;
            for (int i = 0; i < MESSAGES; i++) {
                resources.publish(node.context(), TOPIC, body, Terms.NONE);
            }
        });
        if (!now.done.await(60, TimeUnit.SECONDS)) {
            throw new IllegalStateException("not everything has come");
        }
    }

    @TearDown(Level.Trial)
    public void close() throws IOException {
        onLoop(() -> mailboxes.forEach(Mailbox::close));
        loop.shutdown();
        node.close();
        try (Stream<java.nio.file.Path> files = Files.walk(directory)) {
            for (java.nio.file.Path file :
                    files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
