// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Path;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/**
 * Topics are matched against so many subscriptions: houses of rooms of devices, nine in ten of the filters exact, the others
 * with {@code +} or {@code #}. In the engine's package, since the tree is nobody else's.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class TopicTreeBenchmark {
    private static final int TOPICS = 1 << 14;
    private static final int ROOMS = 10;
    private static final int DEVICES = 20;

    /** How many there are. */
    @Param({"1000", "1000000"})
    public int subscriptions;

    private final Path[] topics = new Path[TOPICS];
    private TopicTree<Placed> tree = TopicTree.empty();
    private Placed another = new Subscribed(0, Filter.of("none"));
    private int next;

    private record Subscribed(int number, Filter filter) implements Placed {
        @Override
        public Filter canonical() {
            return filter;
        }

        @Override
        public void canonical(Filter changed) {
            throw new IllegalStateException("nothing is deployed here");
        }
    }

    @Setup
    public void prepare() {
        SplittableRandom random = new SplittableRandom(42);
        int houses = houses(subscriptions);
        tree = tree(subscriptions, random);
        for (int i = 0; i < TOPICS; i++) {
            topics[i] = Path.of(topic(random, houses));
        }
        another = new Subscribed(subscriptions, Filter.of(topic(random, houses)));
    }

    private static int houses(int subscriptions) {
        return Math.max(1, subscriptions / ROOMS / DEVICES);
    }

    private static TopicTree<Placed> tree(int subscriptions, SplittableRandom random) {
        TopicTree<Placed> tree = TopicTree.empty();
        for (int i = 0; i < subscriptions; i++) {
            Subscribed made = new Subscribed(i, Filter.of(filter(random, houses(subscriptions))));
            tree = tree.with(made.filter(), made);
        }
        return tree;
    }

    /**
     * Says what trees of so many subscriptions hold of the heap, filters and their texts included:
     * {@code distro/bench/tree 1000000}.
     */
    public static void main(String... counts) {
        for (String count : counts) {
            int subscriptions = Integer.parseInt(count);
            long before = used();
            TopicTree<Placed> tree = tree(subscriptions, new SplittableRandom(42));
            long bytes = used() - before;
            List<Placed> kept = new ArrayList<>();
            tree.covering(Path.of("house/0/room0/device0/temperature"), kept::add);
            System.out.printf(
                    "%,d subscriptions: %,d bytes, %d each (one topic is covered by %d)%n",
                    subscriptions, bytes, bytes / subscriptions, kept.size());
        }
    }

    private static long used() {
        MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
        for (int i = 0; i < 3; i++) {
            memory.gc();
        }
        return memory.getHeapMemoryUsage().getUsed();
    }

    private static String topic(SplittableRandom random, int houses) {
        return "house/" + random.nextInt(houses) + "/room" + random.nextInt(ROOMS) + "/device" + random.nextInt(DEVICES)
                + "/temperature";
    }

    private static String filter(SplittableRandom random, int houses) {
        String house = "house/" + random.nextInt(houses);
        return switch (random.nextInt(20)) {
            case 0 -> house + "/+/device" + random.nextInt(DEVICES) + "/temperature";
            case 1 -> house + "/room" + random.nextInt(ROOMS) + "/#";
            default -> topic(random, houses);
        };
    }

    @Benchmark
    public void match(Blackhole found) {
        tree.covering(topics[next++ & (TOPICS - 1)], found::consume);
    }

    /** One comes and goes. */
    @Benchmark
    public TopicTree<Placed> subscribeAndUnsubscribe() {
        return tree.with(another.filter(), another).without(another.filter(), another);
    }
}
