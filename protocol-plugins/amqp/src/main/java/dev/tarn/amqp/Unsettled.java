// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import java.util.HashMap;
import java.util.Map;
import org.apache.qpid.protonj2.engine.OutgoingDelivery;
import org.apache.qpid.protonj2.types.messaging.Accepted;
import org.apache.qpid.protonj2.types.messaging.Modified;
import org.apache.qpid.protonj2.types.messaging.Released;
import org.apache.qpid.protonj2.types.transactions.TransactionalState;
import org.apache.qpid.protonj2.types.transport.AmqpError;
import org.apache.qpid.protonj2.types.transport.DeliveryState;
import org.apache.qpid.protonj2.types.transport.LinkError;
import org.jspecify.annotations.Nullable;

/** What a link has sent and its client has not settled, and what the client says of it. For the connection's loop. */
final class Unsettled {
    private final Line line;
    private final Outgoing link;
    private int count;

    /** In which transactions deliveries are settled. */
    private final Map<OutgoingDelivery, Transaction> retiring = new HashMap<>();

    Unsettled(Line line, Outgoing link) {
        this.line = line;
        this.link = link;
    }

    /** How many deliveries. */
    int count() {
        return count;
    }

    /** One more. */
    void sent() {
        count++;
    }

    /** One less, of which the client hears nothing more. */
    void aborted() {
        count--;
    }

    /** The client says what became of a delivery. */
    void told(OutgoingDelivery delivery) {
        if (delivery.isSettled() || !(delivery.getLinkedResource() instanceof Parcel sent)) {
            return;
        }
        DeliveryState state = delivery.getRemoteState();
        if (state instanceof TransactionalState within) {
            retire(delivery, sent, within);
            return;
        }
        if (delivery.isRemotelySettled() || (state != null && terminal(state))) {
            finish(delivery, sent, state);
            link.pump();
        }
    }

    /** What became of a delivery is part of a transaction, AMQP 1.0 §4.4.2; of the first that says so. */
    private void retire(OutgoingDelivery delivery, Parcel sent, TransactionalState within) {
        Transaction now = line.transactions().of(within);
        Supply from = link.supply();
        if (now == null) {
            link.fail(Transaction.unknown().error());
            return;
        }
        if (from == null) {
            now.refused(new Refusal(LinkError.DETACH_FORCED, "a delivery of a link that has ended"));
            return;
        }
        Transaction before = retiring.putIfAbsent(delivery, now);
        if (before != null && before != now) {
            now.refused(new Refusal(AmqpError.ILLEGAL_STATE, "another transaction has settled the same delivery"));
        } else {
            now.retire(link, from, delivery, sent, within);
        }
    }

    private static boolean terminal(DeliveryState state) {
        return switch (state.getType()) {
            case Accepted, Rejected, Released, Modified -> true;
            default -> false;
        };
    }

    /** Settles a delivery, with what its client says of it. */
    private void finish(OutgoingDelivery delivery, Parcel sent, @Nullable DeliveryState state) {
        forget(delivery);
        if (state instanceof Released || state == null) {
            back(sent, Supply.Fate.RELEASED);
        } else if (state instanceof Modified modified) {
            // AMQP 1.0 §3.4.5: delivery-failed alone counts.
            if (modified.isDeliveryFailed()) {
                sent.failed();
            }
            back(sent, modified.isUndeliverableHere() ? Supply.Fate.BARRED : Supply.Fate.RELEASED);
        } else {
            if (!(state instanceof Accepted)) {
                line.broker().traffic().dropped.increment();
            }
            Supply supply = link.supply();
            if (supply != null) {
                supply.settled(sent);
            }
        }
    }

    private void forget(OutgoingDelivery delivery) {
        delivery.settle();
        retiring.remove(delivery);
        if (delivery.getLinkedResource() instanceof Parcel sent) {
            link.forgotten(sent);
        }
        delivery.setLinkedResource(null);
        count--;
    }

    private void back(Parcel parcel, Supply.Fate fate) {
        Supply supply = link.supply();
        if (supply != null && supply.returned(parcel, fate)) {
            link.again(parcel);
        }
    }

    /**
     * A transaction was committed in which the client has settled this, on a link that may be over by now.
     *
     * @param told whether the supply knows already
     */
    void retired(OutgoingDelivery delivery, @Nullable DeliveryState outcome, boolean told) {
        retiring.remove(delivery);
        if (link.supply() != null && delivery.getLinkedResource() instanceof Parcel sent) {
            if (told) {
                forget(delivery);
            } else {
                finish(delivery, sent, outcome == null ? Accepted.getInstance() : outcome);
            }
            link.pump();
        }
    }

    /** A transaction was not: what its client holds no more is sent again, the rest is still the client's to settle. */
    void unretired(OutgoingDelivery delivery) {
        retiring.remove(delivery);
        if (link.supply() != null
                && delivery.isRemotelySettled()
                && delivery.getLinkedResource() instanceof Parcel sent) {
            forget(delivery);
            sent.failed();
            back(sent, Supply.Fate.RELEASED);
            link.pump();
        }
    }
}
