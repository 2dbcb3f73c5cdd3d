// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.client.ClientEvent;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Set;
import org.apache.qpid.protonj2.buffer.ProtonBuffer;
import org.apache.qpid.protonj2.engine.OutgoingDelivery;
import org.apache.qpid.protonj2.engine.Sender;
import org.apache.qpid.protonj2.types.messaging.Accepted;
import org.apache.qpid.protonj2.types.messaging.Modified;
import org.apache.qpid.protonj2.types.messaging.Released;
import org.apache.qpid.protonj2.types.messaging.Target;
import org.apache.qpid.protonj2.types.transactions.TransactionalState;
import org.apache.qpid.protonj2.types.transport.DeliveryState;
import org.apache.qpid.protonj2.types.transport.ErrorCondition;
import org.apache.qpid.protonj2.types.transport.ReceiverSettleMode;
import org.apache.qpid.protonj2.types.transport.SenderSettleMode;
import org.jspecify.annotations.Nullable;

/**
 * A link on which a client receives: what its supply has, as fast as the client gives credit. For the connection's loop.
 */
final class Outgoing implements Supply.Outlet {

    /** Changes that are asked of the supply ahead of being sent, whatever the credit. */
    private static final int AHEAD = 256;

    /** Milliseconds between two questions whether there is something at hand. */
    private static final long LOOK = 25;

    private final Line line;
    private final Sender link;
    private final Wish wish;
    private final Set<Outgoing> all;
    private final ArrayDeque<Parcel> waiting = new ArrayDeque<>();
    private @Nullable Supply supply;
    private boolean attached;

    /** Asked of the supply and not arrived yet. */
    private long requested;

    private int unsettled;
    private boolean scanning;
    private boolean draining;
    private @Nullable OutgoingDelivery current;
    private @Nullable ProtonBuffer rest;

    Outgoing(Line line, Sender link, Wish wish, Set<Outgoing> all) {
        this.line = line;
        this.link = link;
        this.wish = wish;
        this.all = all;
        all.add(this);
    }

    /** Has a supply from now on, which is closed with it. */
    void from(Supply given) {
        supply = given;
    }

    /** Attaches. */
    void open() {
        Target target = link.getRemoteTarget();
        attached = true;
        link.setSource(wish.source())
                .setTarget(target == null ? new Target() : target)
                .setSenderSettleMode(wish.settled() ? SenderSettleMode.SETTLED : SenderSettleMode.UNSETTLED)
                .setReceiverSettleMode(ReceiverSettleMode.FIRST)
                .creditStateUpdateHandler(remote -> line.guarded(this::pump))
                .deliveryStateUpdatedHandler(delivery -> line.guarded(() -> settled(delivery)))
                .detachHandler(remote -> line.guarded(() -> gone(false)))
                .closeHandler(remote -> line.guarded(() -> gone(true)))
                .parentEndpointClosedHandler(parent -> release(false, false));
        link.setDeliveryTagGenerator(new Tags());
        link.open();
        pump();
    }

    @Override
    public void arrived(List<Parcel> parcels) {
        requested = Math.max(0, requested - parcels.size());
        waiting.addAll(parcels);
        line.later(this::pump);
    }

    /** The same from another thread. */
    void come(List<Parcel> parcels) {
        line.later(() -> {
            requested = Math.max(0, requested - parcels.size());
            waiting.addAll(parcels);
            pump();
        });
    }

    @Override
    public void scanning(boolean running) {
        scanning = running;
    }

    /** Sends what credit, windows and the socket allow, then asks for more. */
    void pump() {
        Supply from = supply;
        if (from == null || !attached) {
            return;
        }
        while (line.channel().isWritable() && link.isSendable()) {
            if (current != null) {
                write();
            } else if (waiting.isEmpty() || unsettled >= line.broker().limits().unsettled()) {
                break;
            } else {
                send(waiting.remove());
            }
        }
        if (link.getCredit() == 0 && current == null) {
            recall(from);
        }
        replenish(from);
        if (link.isDraining() && link.getCredit() > 0 && waiting.isEmpty() && current == null && !draining) {
            draining = true;
            drain(from);
        }
    }

    /** Without credit, what is kept for several clients must not wait for this one. */
    private void recall(Supply from) {
        if (wish.kept() != null && (requested > 0 || !waiting.isEmpty())) {
            requested = 0;
            from.recall();
            waiting.forEach(parcel -> from.returned(parcel, Supply.Fate.RELEASED));
            waiting.clear();
        }
    }

    private void replenish(Supply from) {
        long ahead = requested + waiting.size() + (current == null ? 0 : 1);
        long allowed = Math.min(Integer.toUnsignedLong(link.getCredit()), AHEAD);
        allowed = Math.min(allowed, line.broker().limits().unsettled() - (long) unsettled);
        if (line.channel().isWritable() && allowed > ahead && (ahead == 0 || ahead < AHEAD / 2)) {
            requested += allowed - ahead;
            from.request(allowed - ahead);
        }
    }

    private void send(Parcel next) {
        OutgoingDelivery delivery = link.next();
        delivery.setLinkedResource(next);
        if (wish.settled()) {
            delivery.settle();
        } else {
            unsettled++;
        }
        current = delivery;
        rest = Codec.buffer(Publication.of(next.change(), next.topic(), wish.format(), line.codec(), next.failures()));
        write();
    }

    /** Writes as much of the current delivery as the session's window takes. */
    private void write() {
        OutgoingDelivery delivery = current;
        ProtonBuffer bytes = rest;
        if (delivery != null && bytes != null) {
            delivery.streamBytes(bytes, true);
            if (!bytes.isReadable()) {
                current = null;
                rest = null;
                line.broker().traffic().out.increment();
                if (wish.settled() && supply != null && delivery.getLinkedResource() instanceof Parcel sent) {
                    supply.settled(sent);
                }
            }
        }
    }

    /** Answers drain once there is nothing at hand; AMQP 1.0 §2.6.7. */
    private void drain(Supply from) {
        from.idle(idle -> {
            boolean quiet = idle && !scanning && waiting.isEmpty() && current == null;
            if (supply == null || !link.isDraining() || link.getCredit() == 0) {
                draining = false;
            } else if (quiet) {
                draining = false;
                if (wish.kept() != null) {
                    requested = 0;
                    from.recall();
                }
                link.drained();
            } else {
                line.channel()
                        .eventLoop()
                        .schedule(
                                () -> line.later(() -> drain(from)), LOOK, java.util.concurrent.TimeUnit.MILLISECONDS);
            }
        });
    }

    /** The client says what became of a delivery. */
    private void settled(OutgoingDelivery delivery) {
        if (delivery.isSettled() || !(delivery.getLinkedResource() instanceof Parcel sent)) {
            return;
        }
        DeliveryState state = delivery.getRemoteState();
        if (state instanceof TransactionalState within) {
            line.transactions().find(within.getTxnId()).retire(this, delivery, within);
            return;
        }
        if (delivery.isRemotelySettled() || (state != null && terminal(state))) {
            finish(delivery, sent, state);
            pump();
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
            boolean barred = modified.isUndeliverableHere();
            back(
                    sent,
                    barred
                            ? Supply.Fate.BARRED
                            : modified.isDeliveryFailed() ? Supply.Fate.FAILED : Supply.Fate.RELEASED);
        } else {
            if (!(state instanceof Accepted)) {
                line.broker().traffic().dropped.increment();
            }
            if (supply != null) {
                supply.settled(sent);
            }
        }
    }

    private void forget(OutgoingDelivery delivery) {
        delivery.settle();
        delivery.setLinkedResource(null);
        unsettled--;
    }

    private void back(Parcel parcel, Supply.Fate fate) {
        if (supply != null && supply.returned(parcel, fate)) {
            waiting.addFirst(parcel);
        }
    }

    /** Where its changes come from; null once it is over. */
    @Nullable
    Supply supply() {
        return supply;
    }

    /**
     * A transaction was committed in which the client has settled this.
     *
     * @param told whether the supply knows already
     */
    void retired(OutgoingDelivery delivery, @Nullable DeliveryState outcome, boolean told) {
        if (delivery.getLinkedResource() instanceof Parcel sent) {
            if (told) {
                forget(delivery);
            } else {
                finish(delivery, sent, outcome == null ? Accepted.getInstance() : outcome);
            }
            pump();
        }
    }

    /** A transaction was not: what its client holds no more is sent again, the rest is still the client's to settle. */
    void unretired(OutgoingDelivery delivery) {
        if (supply != null && delivery.isRemotelySettled() && delivery.getLinkedResource() instanceof Parcel sent) {
            forget(delivery);
            back(sent, Supply.Fate.FAILED);
            pump();
        }
    }

    private void gone(boolean forGood) {
        release(false, forGood);
        line.tell(ClientEvent.Type.UNSUBSCRIBED, wish.filter().text(), 0, null);
        if (forGood) {
            link.close();
        } else {
            link.detach();
        }
    }

    /**
     * Ends the subscription, or the part that the link has in it.
     *
     * @param lost whether the client has gone without a word
     * @param forGood whether it has said that it does not come back
     */
    void release(boolean lost, boolean forGood) {
        Supply open = supply;
        supply = null;
        all.remove(this);
        waiting.clear();
        if (open != null) {
            open.close(lost, forGood);
        }
    }

    @Override
    public void ended(ErrorCondition why) {
        Supply open = supply;
        supply = null;
        all.remove(this);
        waiting.clear();
        if (open == null || !attached) {
            return;
        }
        line.later(() -> {
            link.setCondition(why);
            if (wish.kept() == null) {
                link.close();
            } else {
                link.detach();
            }
        });
    }
}
