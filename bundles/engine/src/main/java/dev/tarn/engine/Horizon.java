// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far logged changes have come: which sequence is durable, and which has been offered to every loop. Both grow only.
 * Written by the sync thread, read by all.
 */
final class Horizon {

    private static final Logger LOG = LoggerFactory.getLogger(Horizon.class);

    private record Place(long sequence, long number) implements Comparable<Place> {
        @Override
        public int compareTo(Place other) {
            int bySequence = Long.compare(sequence, other.sequence);
            return bySequence != 0 ? bySequence : Long.compare(number, other.number);
        }
    }

    private final AtomicLong durable = new AtomicLong();
    private final AtomicLong offered = new AtomicLong();
    private final AtomicLong numbers = new AtomicLong();
    private final ConcurrentSkipListMap<Place, Runnable> waiting = new ConcurrentSkipListMap<>();

    /** Every change up to this sequence is durable and can be read from the log. */
    long durable() {
        return durable.get();
    }

    /** Moves the durable horizon; before its changes are offered. */
    void durable(long sequence) {
        durable.accumulateAndGet(sequence, Math::max);
    }

    /** Every change up to this sequence is in the queues of the loops, and counted where it is owed. */
    long offered() {
        return offered.get();
    }

    /** Every change up to this sequence is in the queues of the loops; runs what waited for that. */
    void offered(long sequence) {
        offered.accumulateAndGet(sequence, Math::max);
        if (!waiting.isEmpty()) {
            release();
        }
    }

    /** Runs the task, here or on the sync thread, once everything up to the sequence is in the queues of the loops. */
    void whenOffered(long sequence, Runnable task) {
        if (offered.get() >= sequence) {
            task.run();
            return;
        }
        waiting.put(new Place(sequence, numbers.incrementAndGet()), task);
        if (offered.get() >= sequence) {
            release();
        }
    }

    private void release() {
        long reached = offered.get();
        for (Map.Entry<Place, Runnable> first = waiting.firstEntry();
                first != null && first.getKey().sequence() <= reached;
                first = waiting.firstEntry()) {
            if (waiting.remove(first.getKey(), first.getValue())) {
                try {
                    first.getValue().run();
                } catch (RuntimeException bug) {
                    LOG.error(
                            "what waited for sequence {} failed", first.getKey().sequence(), bug);
                }
            }
        }
    }
}
