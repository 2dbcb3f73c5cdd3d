// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.store.StoreStatistics.Scrub;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks for damage while the store is open: reads the files one after the other, evenly over the time that is set, and compares
 * them with their seals. The file that is being written is left for later, but for what was in it when the store was opened, which
 * is looked at first. Where it goes on is left to chance, so that nothing is never looked at because the node is restarted every
 * day. Runs on a thread of its own.
 */
final class Scrubber implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(Scrubber.class);

    /** Between two files, so that no more than 20 MB are read in a second however many there are. */
    private static final long LEAST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** So often it looks whether there are files, at the least. */
    private static final long MOST_NANOS = TimeUnit.MINUTES.toNanos(10);

    private final FileSet files;
    private final SealCheck check;
    private final InstantSource time;
    private final long every;
    private final CountDownLatch closed = new CountDownLatch(1);

    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong rounds = new AtomicLong();
    private final AtomicLong completed = new AtomicLong();

    /** What is wrong, by the address of the file whose seals say so; replaced as a whole. */
    private volatile Map<Long, List<String>> damaged = Map.of();

    /** The file that was looked at last; before the first, any place. */
    private long at;

    private boolean begun;

    /** Where the files ended when the store was opened; 0 once that was looked at. */
    private long opened;

    /**
     * @param opened where the files ended when the store was opened, 0 when it was new
     * @param every in how long all files are read
     */
    Scrubber(FileSet files, byte[] mark, long opened, InstantSource time, Duration every) {
        this.files = files;
        this.check = new SealCheck(files, mark);
        this.opened = opened;
        this.time = time;
        this.every = every.toNanos();
    }

    @Override
    public void run() {
        try {
            long pause = LEAST_NANOS;
            while (!closed.await(pause, TimeUnit.NANOSECONDS)) {
                pause = step();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void close() {
        closed.countDown();
    }

    Scrub told() {
        List<String> all = new ArrayList<>();
        damaged.values().forEach(all::addAll);
        return new Scrub(bytes.get(), rounds.get(), completed.get(), all);
    }

    /** Looks at the next file; returns how many nanoseconds to wait before the one after it. */
    long step() {
        try {
            List<Long> addresses = files.addresses();
            if (opened > 0) {
                long last = opened - 1 - (opened - 1) % files.fileBytes();
                if (addresses.contains(last)) {
                    look(last, new HashSet<>(addresses), new SealCheck(check, opened));
                }
                opened = 0;
                return LEAST_NANOS;
            }
            if (addresses.size() < 2) {
                return MOST_NANOS;
            }
            List<Long> full = addresses.subList(0, addresses.size() - 1);
            long next = next(full);
            look(next, new HashSet<>(addresses), check);
            return Math.min(MOST_NANOS, Math.max(LEAST_NANOS, every / full.size()));
        } catch (IOException e) {
            LOG.warn("scrub=failed reason=\"{}\" action=\"check the disk\"", e.getMessage());
            return MOST_NANOS;
        }
    }

    private long next(List<Long> full) {
        if (!begun) {
            begun = true;
            at = full.get(ThreadLocalRandom.current().nextInt(full.size()));
            return at;
        }
        for (long address : full) {
            if (address > at) {
                at = address;
                return at;
            }
        }
        at = full.get(0);
        rounds.incrementAndGet();
        completed.set(time.millis());
        LOG.info("scrub=round damaged={} bytes={}", damaged.size(), bytes.get());
        return at;
    }

    private void look(long address, Set<Long> there, SealCheck with) throws IOException {
        List<String> problems;
        try {
            problems = with.problems(address, there);
        } catch (IOException e) {
            problems = List.of("the file at " + address + " cannot be read: " + e.getMessage());
        }
        bytes.addAndGet(files.fileBytes());
        Set<Long> left = new HashSet<>(files.addresses());
        if (!left.containsAll(there)) {
            // The garbage collector has removed some meanwhile; what could not be compared because of that is looked at
            // again.
            if (!left.contains(address)) {
                problems = List.of();
            } else if (!problems.isEmpty()) {
                problems = new SealCheck(with).problems(address, left);
            }
        }
        told(address, problems, left);
    }

    private void told(long address, List<String> problems, Set<Long> left) {
        Map<Long, List<String>> next = new TreeMap<>(damaged);
        next.keySet().retainAll(left);
        List<String> before = problems.isEmpty() ? next.remove(address) : next.put(address, List.copyOf(problems));
        damaged = next;
        for (String problem : problems) {
            if (before == null || !before.contains(problem)) {
                LOG.error(
                        "scrub=damaged what=\"{}\" action=\"run tarn verify on a copy, restore a backup, check the disk\"",
                        problem);
            }
        }
    }
}
