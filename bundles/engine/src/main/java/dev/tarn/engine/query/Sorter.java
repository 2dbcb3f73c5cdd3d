// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.PriorityQueue;
import java.util.function.BiFunction;

/** Sorts rows, and keeps only as many as are wanted. */
final class Sorter implements Gathering {

    /** Bytes that a row takes beside its body. */
    private static final int ROW = 128;

    private record Held(Item item, Sorting.Place place, long bytes) {}

    private final long most;
    private final PriorityQueue<Held> last;
    private final Sorting sorting;
    private final BiFunction<Item, Sorting.Place, Answered> answer;

    /**
     * A sorter.
     *
     * @param most rows that are wanted from the beginning
     * @param answer what a row becomes
     */
    Sorter(Sorting sorting, long most, BiFunction<Item, Sorting.Place, Answered> answer) {
        this.sorting = sorting;
        this.most = most;
        this.answer = answer;
        this.last = new PriorityQueue<>((a, b) -> sorting.compare(b.place(), a.place()));
    }

    @Override
    public long add(Item item) {
        Sorting.Place place = sorting.place(item);
        Held first = last.peek();
        if (last.size() >= most && (first == null || sorting.compare(place, first.place()) >= 0)) {
            return 0;
        }
        // The item is not kept, since it may have been decoded.
        Item fresh = item.fresh();
        Held held = new Held(fresh, place, ROW + fresh.row().body().size() + Sorting.size(place));
        last.add(held);
        if (last.size() <= most) {
            return held.bytes();
        }
        Held dropped = last.poll();
        return held.bytes() - (dropped == null ? 0 : dropped.bytes());
    }

    @Override
    public Iterator<Answered> finish() {
        Deque<Held> sorted = new ArrayDeque<>(last.size());
        for (Held held = last.poll(); held != null; held = last.poll()) {
            sorted.addFirst(held);
        }
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return !sorted.isEmpty();
            }

            @Override
            public Answered next() {
                Held held = sorted.removeFirst();
                return answer.apply(held.item(), held.place());
            }
        };
    }
}
