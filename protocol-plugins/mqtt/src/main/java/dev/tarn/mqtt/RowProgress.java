// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Kind;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Subscription;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * How far the current rows of a client's subscriptions were sent, as of what was taken from all that was handed over. For
 * the connection's loop.
 */
final class RowProgress {

    private final @Nullable Ledger ledger;

    /** What is to be noted when what was handed over before it has been taken. */
    private final ArrayDeque<Mark> marks = new ArrayDeque<>(0);

    /** Something to be noted when so many deliveries were taken. */
    private record Mark(long deliveries, Held held, Runnable note) {}

    private long handedOver;

    /**
     * @param ledger of a durable session; null for one that ends with the connection
     */
    RowProgress(@Nullable Ledger ledger) {
        this.ledger = ledger;
    }

    void handedOver(int deliveries) {
        handedOver += deliveries;
    }

    /** All rows of a subscription were handed over. */
    void last(Held held) {
        if (held.scanning()) {
            int scan = held.scan();
            marks.add(new Mark(handedOver, held, () -> held.scanned(scan)));
        }
    }

    /** The rows of a subscription begin with the first one again. */
    void again(Held held) {
        marks.add(new Mark(handedOver, held, held::scanAll));
    }

    /** All that was handed over was taken but for so many. */
    void taken(int waiting) {
        long taken = handedOver - waiting;
        for (Mark next = marks.peek(); next != null && next.deliveries() <= taken; next = marks.peek()) {
            marks.remove();
            next.note().run();
            if (ledger != null) {
                ledger.changed(next.held());
            }
        }
    }

    /** Whether a change is told in place of a row that is to be sent. */
    boolean instead(Delivery delivery) {
        if (delivery.change().kind() == Kind.MESSAGE) {
            return false;
        }
        for (Subscription matched : delivery.matched()) {
            if (matched.tag() instanceof Held one && one.scanning()) {
                return true;
            }
        }
        return false;
    }

    /** Something was taken: while a subscription's rows are being sent, notes how far that is. */
    void note(Delivery delivery) {
        Change change = delivery.change();
        if (ledger != null && (delivery.current() || (change.logged() && change.kind() != Kind.MESSAGE))) {
            for (Subscription matched : delivery.matched()) {
                if (matched.tag() instanceof Held one && one.scanning()) {
                    one.sent(delivery);
                    ledger.changed(one);
                }
            }
        }
    }
}
