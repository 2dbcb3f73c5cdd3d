// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Subscription;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The changes that wait in an {@link Outbox} for subscriptions that want only the newest of each row: a later one takes the place
 * of one that waits, at its own turn, so that the order of sequences stays. Confined to the mailbox's loop.
 */
final class Newest {

    private final Map<Path, Slot> byPath = new HashMap<>();
    private int empty;

    /** A place in the outbox; empty once a later change of the row waits. */
    static final class Slot {
        private @Nullable Delivery delivery;

        private Slot(Delivery delivery) {
            this.delivery = delivery;
        }

        @Nullable
        Delivery delivery() {
            return delivery;
        }
    }

    /** Whether this change may give way to later ones of its row, and take the place of earlier ones. */
    static boolean isFor(Change change, List<? extends Subscription> matched) {
        if (change.kind() == Kind.MESSAGE || !change.logged()) {
            return false;
        }
        for (Subscription subscription : matched) {
            if (!(subscription instanceof FilterSubscription own)
                    || !own.interest().newest()) {
                return false;
            }
        }
        return true;
    }

    /** The change that a later one for these subscriptions would take the place of; null for none. */
    @Nullable
    Delivery older(Delivery later) {
        Slot slot = byPath.get(later.change().path());
        Delivery older = slot == null ? null : slot.delivery;
        return older != null && later.matched().containsAll(older.matched()) ? older : null;
    }

    /** A place for a change; the one that it overtakes is empty from now on. */
    Slot place(Delivery later) {
        boolean overtakes = older(later) != null;
        Slot slot = new Slot(later);
        Slot before = byPath.put(later.change().path(), slot);
        if (overtakes && before != null) {
            before.delivery = null;
            empty++;
        }
        return slot;
    }

    /** Something else may be done with what has this place; or it goes, when there is nothing. */
    void set(Slot slot, @Nullable Delivery delivery) {
        Delivery before = slot.delivery;
        slot.delivery = delivery;
        if (delivery == null && before != null) {
            byPath.remove(before.change().path(), slot);
        }
    }

    /** The place is out of the outbox. */
    void gone(Slot slot) {
        if (slot.delivery == null) {
            empty--;
        } else {
            byPath.remove(slot.delivery.change().path(), slot);
        }
    }

    /** Places in the outbox that are empty. */
    int empty() {
        return empty;
    }
}
