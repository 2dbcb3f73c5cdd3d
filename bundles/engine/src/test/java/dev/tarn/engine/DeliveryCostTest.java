// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Path;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscriber;
import dev.tarn.api.resource.Subscription;
import dev.tarn.api.resource.Terms;
import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the engine itself costs per delivery of an unlogged message: route, offer, drain, deliver, on one thread, without
 * a network. Prints the processor time, which is the machine's; fails for what it allocates, which is the engine's.
 */
class DeliveryCostTest {

    /** A loop that runs its tasks when told to, so that publisher and subscribers are one thread. */
    private static final class HandLoop implements Executor {
        private final Queue<Runnable> tasks = new ArrayDeque<>();

        @Override
        public void execute(Runnable task) {
            tasks.add(task);
        }

        void run() {
            for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                task.run();
            }
        }
    }

    private static final class Counter implements Subscriber {
        private long count;

        @Override
        public void deliver(List<Delivery> batch) {
            count += batch.size();
        }

        @Override
        public void missed(long changes) {
            throw new AssertionError("missed " + changes);
        }

        @Override
        public void current(Subscription subscription, long sequence) {}

        @Override
        public void reset(Subscription subscription) {}

        @Override
        public void ended(Failure why) {
            throw new AssertionError(why);
        }
    }

    @TempDir
    private java.nio.file.Path directory;

    @ParameterizedTest
    @CsvSource({"1,1,80000", "200,1,1600", "1,1000,80000"})
    void a_delivery_allocates_little_and_less_the_more_there_are(int subscribers, int topics, int messages) {
        try (TestDoor door = new TestDoor(directory)) {
            HandLoop loop = new HandLoop();
            Counter counter = new Counter();
            for (int i = 0; i < subscribers * topics; i++) {
                Mailbox mailbox = door.engine.mailbox(door.context("s" + i), loop, counter);
                mailbox.subscribe(Filter.of("bench/" + i % topics + "/#"), Start.LIVE, null);
                mailbox.request(Long.MAX_VALUE);
            }
            Body body = door.bodies.opaque(Body.OPAQUE, new byte[64]);
            Terms terms = Terms.of(Attributes.builder().qos(0).build());
            double best = Double.MAX_VALUE;
            long bytes = 0;
            for (int round = 0; round < 5; round++) {
                long before = counter.count;
                long allocated = allocated();
                long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
                publish(door, loop, topics, messages, body, terms);
                long nanos = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start;
                bytes = allocated() - allocated;
                long deliveries = counter.count - before;
                assertThat(deliveries).isEqualTo((long) messages * subscribers);
                best = Math.min(best, (double) nanos / deliveries);
                bytes /= deliveries;
            }
            System.out.printf(
                    "fan-out %d, %d topics: %.0f ns and %d bytes per delivery%n", subscribers, topics, best, bytes);
            assertThat(bytes).as("bytes of each delivery").isLessThan(subscribers == 1 ? 1_000 : 100);
        }
    }

    private static void publish(TestDoor door, HandLoop loop, int topics, int messages, Body body, Terms terms) {
        Context context = door.context;
        String[] texts = new String[topics];
        for (int i = 0; i < topics; i++) {
            texts[i] = "bench/" + i + "/x";
        }
        for (int i = 0; i < messages; i++) {
            // A protocol makes a path of each packet's topic; a cached String has its hash already.
            Path path = Path.of(new String(texts[i % topics].toCharArray()));
            door.engine.publish(context, path, body, terms);
            if (i % 64 == 63) {
                loop.run();
            }
        }
        loop.run();
    }

    private static long allocated() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
                .getThreadAllocatedBytes(Thread.currentThread().getId());
    }
}
