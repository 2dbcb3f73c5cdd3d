// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.client.ClientEvent;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.qpid.protonj2.engine.OutgoingDelivery;
import org.apache.qpid.protonj2.engine.Sender;
import org.apache.qpid.protonj2.types.messaging.Target;
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

    private final Unsettled unsettled;
    private boolean scanning;
    private boolean draining;
    private final Shipment shipment;

    /** What is being written. */
    private @Nullable Parcel shipped;

    Outgoing(Line line, Sender link, Wish wish, Set<Outgoing> all) {
        this.line = line;
        this.link = link;
        this.wish = wish;
        this.all = all;
        this.unsettled = new Unsettled(line, this);
        this.shipment = new Shipment(line, link, wish.format(), this::pump);
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
                .deliveryStateUpdatedHandler(delivery -> line.guarded(() -> unsettled.told(delivery)))
                .detachHandler(remote -> line.guarded(() -> gone(false)))
                .closeHandler(remote -> line.guarded(() -> gone(true)))
                .parentEndpointClosedHandler(parent -> release(false, false));
        long begun = supply == null ? 0 : supply.begun();
        if (begun > 0) {
            // Current rows have none (DELIVERY.md, "Sequences and resuming"): whoever has all of them goes on after
            // this.
            link.setProperties(Map.of(Publication.SEQUENCE, begun));
        }
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
            if (!shipment.over()) {
                if (!write()) {
                    break;
                }
            } else if (waiting.isEmpty()
                    // After a drain the library calls the link sendable for one more, AMQP 1.0 §2.6.7.
                    || link.getCredit() == 0
                    || unsettled.count() >= line.broker().limits().unsettled()) {
                break;
            } else {
                next(from, waiting.remove());
            }
        }
        if (link.getCredit() == 0 && shipment.over()) {
            recall(from);
        }
        replenish(from);
        if (link.isDraining() && link.getCredit() > 0 && waiting.isEmpty() && shipment.over() && !draining) {
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
        long ahead = requested + waiting.size() + (shipment.over() ? 0 : 1);
        long allowed = Math.min(Integer.toUnsignedLong(link.getCredit()), AHEAD);
        allowed = Math.min(allowed, line.broker().limits().unsettled() - (long) unsettled.count());
        if (line.channel().isWritable() && allowed > ahead && (ahead == 0 || ahead < AHEAD / 2)) {
            requested += allowed - ahead;
            from.request(allowed - ahead);
        }
    }

    private void next(Supply from, Parcel next) {
        if (next.expired(line.broker().feeds().now())) {
            line.broker().traffic().dropped.increment();
            from.settled(next);
        } else {
            send(next);
        }
    }

    private void send(Parcel next) {
        OutgoingDelivery delivery = link.next();
        delivery.setLinkedResource(next);
        if (wish.settled()) {
            delivery.settle();
        } else {
            unsettled.sent();
        }
        shipped = next;
        shipment.begin(delivery, next);
        write();
    }

    /** Goes on with what is being written. Returns whether there may be more to do now. */
    private boolean write() {
        Shipment.State state = shipment.write();
        Parcel sent = shipped;
        if (state == Shipment.State.DONE) {
            line.broker().traffic().out.increment();
            if (sent != null && wish.settled() && supply != null) {
                supply.settled(sent);
            }
        } else if (sent != null && state == Shipment.State.BROKEN) {
            // What cannot be read is told of only.
            if (!wish.settled()) {
                unsettled.aborted();
            }
            sent.refer();
            waiting.addFirst(sent);
        }
        if (shipment.over()) {
            shipped = null;
        }
        return state != Shipment.State.WAITING;
    }

    /** Answers drain once there is nothing at hand; AMQP 1.0 §2.6.7. */
    private void drain(Supply from) {
        from.idle(idle -> {
            boolean quiet = idle && !scanning && waiting.isEmpty() && shipment.over();
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

    /** What the client has not taken is sent again. */
    void again(Parcel parcel) {
        waiting.addFirst(parcel);
    }

    /** The client is done with it, though perhaps not all of it was written. */
    void forgotten(Parcel parcel) {
        if (shipped == parcel) {
            shipped = null;
        }
    }

    /** What the client has not settled. */
    Unsettled unsettled() {
        return unsettled;
    }

    /** Where its changes come from; null once it is over. */
    @Nullable
    Supply supply() {
        return supply;
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
        shipment.close();
        if (open != null) {
            open.close(lost, forGood);
        }
    }

    /** Ends the link because of what its client has said; a kept subscription stays. */
    void fail(ErrorCondition why) {
        if (supply == null) {
            return;
        }
        line.broker().traffic().refused.increment();
        release(false, false);
        link.setCondition(why);
        link.detach();
    }

    @Override
    public void ended(ErrorCondition why) {
        Supply open = supply;
        supply = null;
        all.remove(this);
        waiting.clear();
        shipment.close();
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
