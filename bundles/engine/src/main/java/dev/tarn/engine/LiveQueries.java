// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Subscription;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The last station before the subscriber of a mailbox that has live queries: makes of each delivery one for all subscriptions
 * without a query, and one for each query that it concerns. Confined to the mailbox's loop.
 */
final class LiveQueries {
    private final Outbox outbox;
    /** Made of one delivery, and more than the credit allowed. */
    private final Deque<Delivery> waiting = new ArrayDeque<>(0);

    private int queries;

    LiveQueries(Outbox outbox) {
        this.outbox = outbox;
    }

    /** A subscription with a query was made. */
    void joined() {
        queries++;
    }

    /** A subscription with a query is over. */
    void left(Subscription subscription) {
        queries--;
        waiting.removeIf(delivery -> delivery.matched().contains(subscription));
    }

    /** Whether nothing waits for credit. */
    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** The next deliveries, no more than the credit. */
    List<Delivery> batch(long credit) {
        if (queries == 0 && waiting.isEmpty()) {
            return outbox.batch(credit);
        }
        List<Delivery> batch = new ArrayList<>();
        while (batch.size() < credit) {
            while (batch.size() < credit && !waiting.isEmpty()) {
                batch.add(waiting.remove());
            }
            List<Delivery> next = waiting.isEmpty() ? outbox.batch(credit - batch.size()) : List.of();
            if (next.isEmpty()) {
                break;
            }
            next.forEach(this::split);
            outbox.delivered();
        }
        return batch;
    }

    private void split(Delivery delivery) {
        List<Subscription> plain = new ArrayList<>(delivery.matched().size());
        for (Subscription subscription : delivery.matched()) {
            LiveQuery query = ((FilterSubscription) subscription).query();
            Delivery told = query == null ? null : query.turn(delivery, subscription);
            if (query == null) {
                plain.add(subscription);
            } else if (told != null) {
                waiting.add(told);
            }
        }
        if (!plain.isEmpty()) {
            waiting.add(new Delivery(delivery.change(), plain, delivery.current(), delivery.resume()));
        }
    }
}
