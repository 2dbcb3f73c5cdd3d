// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Path;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscription;
import dev.tarn.api.resource.Terms;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Many writers, and subscribers with tiny mailboxes that come, scan, lag, are overrun, leave and resume. Whatever happens,
 * DELIVERY.md's promises hold for every one of them.
 */
class DeliveryStressTest {

    /** By each of three writers; {@code -Dtarn.stress.writes=… -Dtarn.stress.seeds=…} for more. */
    private static final int WRITES = Integer.getInteger("tarn.stress.writes", 1_000);

    private static final int ROWS = 60;

    @TempDir
    private java.nio.file.Path directory;

    /** Every logged change by sequence, as the writers were told. */
    private final ConcurrentSkipListMap<Long, Change> log = new ConcurrentSkipListMap<>();

    private final AtomicLong messages = new AtomicLong();
    private final List<Throwable> failures = new ArrayList<>();

    static LongStream seeds() {
        return LongStream.rangeClosed(1, Integer.getInteger("tarn.stress.seeds", 3));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void whatever_happens_every_promise_holds(long seed) throws Exception {
        // 40 changes a mailbox, 100 changes a loop before publishers wait, 400 before the log takes over.
        Settings tiny = TestDoor.settings(
                new Settings.MailboxBounds(40, 1 << 20, 1_000), new Settings.LoopBounds(100, 1 << 20));
        try (TestDoor door = new TestDoor(directory, tiny, (who, verb, table, path) -> true);
                TestLoop one = new TestLoop();
                TestLoop two = new TestLoop()) {
            door.deploy(DoorTest.SENSORS);
            run(door, one, two, seed);
        }
    }

    private void run(TestDoor door, TestLoop one, TestLoop two, long seed) throws Exception {
        Random random = new Random(seed);
        List<Onlooker> all = new ArrayList<>();
        Onlooker everything = onlooker(door, one, "everything", all);
        Subscription whole = subscribe(everything, "#", Start.LIVE);
        Onlooker sensors = onlooker(door, two, "sensors", all);
        Subscription table = subscribe(sensors, "sensors/#", Start.LIVE);
        AtomicBoolean done = new AtomicBoolean();
        List<Thread> writers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Writer writer = new Writer(door, "writer" + i, seed * 31 + i);
            Thread thread = new Thread(writer, "writer" + i);
            thread.start();
            writers.add(thread);
        }
        Thread stalls = new Thread(() -> stall(one, done, new Random(seed + 99)), "stalls");
        stalls.start();
        List<Resumed> resumed = new ArrayList<>();
        Churn churn = new Churn(random, everything);
        String[] filters = {"#", "sensors/#", "t/#", "t/+/x", "t/7", "+/7", "Sensors/1", "sensors/+"};
        while (writers.stream().anyMatch(Thread::isAlive)) {
            TestLoop loop = random.nextBoolean() ? one : two;
            switch (random.nextInt(6)) {
                case 0 -> {
                    if (all.size() < 40) {
                        Onlooker late = onlooker(door, loop, "late" + all.size(), all);
                        subscribe(late, filters[random.nextInt(filters.length)], Start.CURRENT);
                    }
                }
                case 1 -> {
                    if (resumed.size() < 5) {
                        resumed.add(new Resumed(door, loop, filters[random.nextInt(4)]));
                    }
                }
                case 2 -> churn.step(filters);
                case 3 -> resumed.forEach(each -> each.step(random));
                default -> {
                    Onlooker lucky = all.get(random.nextInt(all.size()));
                    int credit = 1 + random.nextInt(400);
                    lucky.loop.run(() -> lucky.mailbox.request(credit));
                }
            }
        }
        done.set(true);
        stalls.join();
        assertThat(failures).isEmpty();
        TestDoor.done(door.engine.put(door.context("end"), Path.of("zz"), door.bytes("end"), Terms.NONE))
                .changes()
                .forEach(change -> log.put(change.sequence(), change));
        resumed.forEach(each -> each.finish(all));
        for (Onlooker onlooker : all) {
            onlooker.loop.run(() -> onlooker.mailbox.request(Long.MAX_VALUE));
        }
        assertComplete(everything, whole, "#", -1);
        assertComplete(sensors, table, "Sensors/#", -1);
        for (Resumed each : resumed) {
            each.assertComplete();
        }
        for (Onlooker onlooker : all) {
            for (Map.Entry<Subscription, Onlooker.Seen> entry : List.copyOf(onlooker.seen.entrySet())) {
                if (!onlooker.over.contains(entry.getKey()) && entry.getValue().current >= 0) {
                    assertStates(door, onlooker, entry.getKey());
                }
            }
        }
        for (Onlooker onlooker : all) {
            onlooker.loop.run(() -> {});
            assertThat(onlooker.wrong).isEmpty();
        }
        // One that saw everything from the beginning saw each message, or was told of its loss.
        assertThat(everything.loop.on(() -> everything.messages + everything.missed))
                .isEqualTo(messages.get());
        int seenChanges =
                all.stream().mapToInt(onlooker -> (int) onlooker.deliveries).sum();
        System.out.printf(
                "seed %d: %d logged, %d messages, %d subscribers, %d deliveries, %d missed%n",
                seed, log.size(), messages.get(), all.size(), seenChanges, everything.missed);
    }

    private static Onlooker onlooker(TestDoor door, TestLoop loop, String name, List<Onlooker> all) {
        Onlooker onlooker = new Onlooker(door, loop, name);
        all.add(onlooker);
        return onlooker;
    }

    private static Subscription subscribe(Onlooker onlooker, String filter, Start start) {
        return onlooker.loop.on(() -> onlooker.mailbox.subscribe(Filter.of(filter), start, null));
    }

    private static void stall(TestLoop loop, AtomicBoolean done, Random random) {
        while (!done.get()) {
            long nanos = random.nextInt(20_000_000);
            loop.run(() -> {
                long until = System.nanoTime() + nanos;
                while (System.nanoTime() < until) {
                    Thread.onSpinWait();
                }
            });
            long free = System.nanoTime() + random.nextInt(30_000_000);
            while (System.nanoTime() < free && !done.get()) {
                Thread.onSpinWait();
            }
        }
    }

    /** Every logged change that the filter covers, after a sequence, was delivered once and in order. */
    private void assertComplete(Onlooker onlooker, Subscription subscription, String filter, long after) {
        List<Long> expected = covered(filter, after);
        await(onlooker, () -> {
            Onlooker.Seen seen = onlooker.seen.get(subscription);
            return expected.isEmpty()
                    || (seen != null
                            && !seen.sequences.isEmpty()
                            && seen.sequences.get(seen.sequences.size() - 1) >= expected.get(expected.size() - 1));
        });
        List<Long> got = onlooker.loop.on(() -> {
            Onlooker.Seen seen = onlooker.seen.get(subscription);
            return seen == null ? List.<Long>of() : List.copyOf(seen.sequences);
        });
        assertThat(got).as("%s %s", onlooker.name, onlooker.wrong).isEqualTo(expected);
    }

    private List<Long> covered(String filter, long after) {
        Filter covering = Filter.of(filter.replace("sensors", "Sensors"));
        List<Long> expected = new ArrayList<>();
        log.tailMap(after, false).forEach((sequence, change) -> {
            if (covering.covers(change.path())) {
                expected.add(sequence);
            }
        });
        return expected;
    }

    /** What a subscription that began with the current rows believes of each row is what the store has. */
    private void assertStates(TestDoor door, Onlooker onlooker, Subscription subscription) {
        String filter = subscription.filter().text();
        long current = onlooker.loop.on(() -> onlooker.seen.get(subscription).current);
        List<Long> later = covered(filter, current);
        if (!later.isEmpty()) {
            await(onlooker, () -> {
                List<Long> sequences = onlooker.seen.get(subscription).sequences;
                return !sequences.isEmpty() && sequences.get(sequences.size() - 1) >= later.get(later.size() - 1);
            });
        }
        Map<String, String> states = onlooker.loop.on(() -> Map.copyOf(onlooker.seen.get(subscription).states));
        List<Long> sequences = onlooker.loop.on(() -> List.copyOf(onlooker.seen.get(subscription).sequences));
        assertThat(sequences.stream().filter(sequence -> sequence > current).toList())
                .as("%s %s", onlooker.name, onlooker.wrong)
                .isEqualTo(later);
        Filter covering = Filter.of(filter.replace("sensors", "Sensors"));
        for (int i = 0; i < ROWS; i++) {
            for (String path : List.of("t/" + i, "t/" + i + "/x", "Sensors/" + i)) {
                if (covering.covers(Path.of(path))) {
                    String stored =
                            door.get(path).map(row -> TestDoor.text(row.body())).orElse("");
                    assertThat(states.getOrDefault(path, ""))
                            .as("%s %s %s %s", onlooker.name, filter, path, onlooker.wrong)
                            .isEqualTo(stored);
                }
            }
        }
    }

    private static void await(Onlooker onlooker, java.util.concurrent.Callable<Boolean> condition) {
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (!onlooker.loop.on(condition)) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError(onlooker.name + " waits in vain; " + onlooker.wrong + " missed="
                        + onlooker.missed + " end=" + onlooker.end + " seen="
                        + onlooker.loop.on(() -> onlooker.seen.values().stream()
                                .map(seen -> seen.sequences.size() + " until "
                                        + (seen.sequences.isEmpty()
                                                ? 0
                                                : seen.sequences.get(seen.sequences.size() - 1)))
                                .toList()));
            }
        }
    }

    /** Subscribes and cancels in the mailbox of one that sees everything. */
    private static final class Churn {
        private final Random random;
        private final Onlooker onlooker;
        private Subscription last;

        Churn(Random random, Onlooker onlooker) {
            this.random = random;
            this.onlooker = onlooker;
        }

        void step(String[] filters) {
            if (last == null) {
                last = subscribe(onlooker, filters[random.nextInt(filters.length)], Start.CURRENT);
            } else if (random.nextInt(3) == 0) {
                Subscription old = last;
                onlooker.loop.run(() -> {
                    old.cancel();
                    onlooker.over.add(old);
                });
                last = null;
            }
        }
    }

    /** One that leaves again and again and comes back where it was. */
    private final class Resumed {
        private final TestDoor door;
        private final TestLoop loop;
        private final String filter;
        private final long began;
        private final List<Long> sequences = new ArrayList<>();
        private final List<String> wrong = new ArrayList<>();
        private long position;
        private Onlooker onlooker;
        private Subscription subscription;

        Resumed(TestDoor door, TestLoop loop, String filter) {
            this.door = door;
            this.loop = loop;
            this.filter = filter;
            this.began = door.store.sequence() / 2;
            this.position = began;
            begin();
        }

        private void begin() {
            onlooker = new Onlooker(door, loop, "resumed" + filter);
            subscription = DeliveryStressTest.subscribe(onlooker, filter, Start.after(position));
        }

        void step(Random random) {
            loop.run(() -> onlooker.mailbox.request(1 + random.nextInt(500)));
            if (random.nextInt(3) == 0) {
                leave();
                begin();
            }
        }

        private void leave() {
            loop.run(() -> {
                onlooker.mailbox.close();
                Onlooker.Seen seen = onlooker.seen.get(subscription);
                if (seen != null) {
                    sequences.addAll(seen.sequences);
                    position = onlooker.resume;
                }
                wrong.addAll(onlooker.wrong);
            });
        }

        void finish(List<Onlooker> all) {
            leave();
            begin();
            all.add(onlooker);
        }

        void assertComplete() {
            DeliveryStressTest.this.assertComplete(onlooker, subscription, filter, position);
            List<Long> whole = new ArrayList<>(sequences);
            whole.addAll(covered(filter, position));
            assertThat(whole).as("resumed %s", filter).isEqualTo(covered(filter, began));
            assertThat(wrong).isEmpty();
        }
    }

    /** Writes and says things through one context, many at a time. */
    private final class Writer implements Runnable {
        private final TestDoor door;
        private final Context context;
        private final Random random;
        private final Semaphore window = new Semaphore(64);

        Writer(TestDoor door, String name, long seed) {
            this.door = door;
            this.context = door.context(name);
            this.random = new Random(seed);
        }

        @Override
        public void run() {
            try {
                for (int i = 0; i < WRITES; i++) {
                    window.acquireUninterruptibly();
                    act(i).whenComplete((commit, failure) -> {
                        window.release();
                        if (commit != null) {
                            commit.changes().forEach(change -> log.put(change.sequence(), change));
                        } else {
                            note(failure);
                        }
                    });
                }
                window.acquireUninterruptibly(64);
            } catch (RuntimeException | Error failure) {
                note(failure);
            }
        }

        private void note(Throwable failure) {
            if (!(failure instanceof Failure refusal) || refusal.code() != Failure.Code.NOT_FOUND) {
                synchronized (failures) {
                    failures.add(failure);
                }
            }
        }

        private CompletionStage<Commit> act(int number) {
            int row = random.nextInt(ROWS);
            String body = context.origin() + " " + number;
            Path path = Path.of(
                    switch (random.nextInt(4)) {
                        case 0 -> "t/" + row;
                        case 1 -> "t/" + row + "/x";
                        case 2 -> "sensors/" + row;
                        default -> "Sensors/" + row;
                    });
            Terms terms = Terms.of(Attributes.builder()
                    .qos(0)
                    .correlation(Onlooker.number(number))
                    .build());
            boolean sensor = path.first().equalsIgnoreCase("sensors");
            int kind = random.nextInt(8);
            if (kind == 0) {
                return door.engine.delete(context, path, terms);
            } else if (kind < 3) {
                return message(path, body, terms);
            } else if (kind == 3 && sensor) {
                return door.engine.patch(context, path, door.json("{\"location\":\"" + body + "\"}"), terms);
            }
            return door.engine.put(
                    context, path, sensor ? door.json("{\"location\":\"" + body + "\"}") : door.bytes(body), terms);
        }

        private CompletionStage<Commit> message(Path path, String body, Terms terms) {
            CompletableFuture<Commit> said = new CompletableFuture<>();
            door.engine
                    .publish(
                            context,
                            path,
                            door.bodies.opaque("text/plain", body.getBytes(StandardCharsets.UTF_8)),
                            terms)
                    .whenComplete((commit, failure) -> {
                        if (commit != null) {
                            messages.incrementAndGet();
                            said.complete(commit);
                        } else if (failure instanceof Failure refusal && refusal.code() == Failure.Code.BUSY) {
                            said.complete(new Commit(0, 0, List.of()));
                        } else {
                            said.completeExceptionally(failure);
                        }
                    });
            return said;
        }
    }
}
