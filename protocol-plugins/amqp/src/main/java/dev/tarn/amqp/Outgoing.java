// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Subscriber;
import dev.tarn.api.resource.Subscription;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.protonj2.buffer.ProtonBuffer;
import org.apache.qpid.protonj2.engine.OutgoingDelivery;
import org.apache.qpid.protonj2.engine.Sender;
import org.apache.qpid.protonj2.types.messaging.Accepted;
import org.apache.qpid.protonj2.types.messaging.Modified;
import org.apache.qpid.protonj2.types.messaging.Released;
import org.apache.qpid.protonj2.types.messaging.Target;
import org.apache.qpid.protonj2.types.transport.DeliveryState;
import org.apache.qpid.protonj2.types.transport.ErrorCondition;
import org.apache.qpid.protonj2.types.transport.ReceiverSettleMode;
import org.apache.qpid.protonj2.types.transport.SenderSettleMode;
import org.jspecify.annotations.Nullable;

/**
 * A link on which a client receives: what its mailbox delivers, as fast as the client gives credit. For the connection's
 * loop.
 */
final class Outgoing implements Subscriber {

    /** Changes that are asked of the mailbox ahead of being sent, whatever the credit. */
    private static final int AHEAD = 256;

    /** Quiet milliseconds after which a link that is drained has nothing more at hand. */
    private static final long QUIET = 25;

    private final Line line;
    private final Sender link;
    private final Set<Outgoing> all;
    private final Tags tags = new Tags();
    private final ArrayDeque<Again> waiting = new ArrayDeque<>();
    private @Nullable Wish wish;
    private @Nullable Mailbox mailbox;
    private @Nullable Subscription subscription;

    /** Asked of the mailbox and not delivered yet. */
    private long requested;

    private int unsettled;
    private boolean scanning;
    private boolean draining;
    private long deliveries;
    private @Nullable OutgoingDelivery current;
    private @Nullable ProtonBuffer rest;

    /** A change to be sent, and how often a client has failed to take it. */
    private record Again(Change change, String topic, int failures) {}

    Outgoing(Line line, Sender link, Set<Outgoing> all) {
        this.line = line;
        this.link = link;
        this.all = all;
    }

    /** Subscribes, then attaches; fails with a {@link Failure} when the subscription is refused. */
    void open(Wish asked) {
        wish = asked;
        Mailbox opened =
                line.broker().resources().mailbox(line.context(), line.channel().eventLoop(), this);
        try {
            subscription = opened.subscribe(asked.filter(), asked.start(), asked.interest(), this);
        } catch (Failure refused) {
            opened.close();
            throw refused;
        }
        mailbox = opened;
        scanning = asked.start().equals(dev.tarn.api.resource.Start.CURRENT)
                && asked.interest().group() == null;
        all.add(this);
        Target target = link.getRemoteTarget();
        link.setSource(asked.source())
                .setTarget(target == null ? new Target() : target)
                .setSenderSettleMode(asked.settled() ? SenderSettleMode.SETTLED : SenderSettleMode.UNSETTLED)
                .setReceiverSettleMode(ReceiverSettleMode.FIRST)
                .creditStateUpdateHandler(remote -> line.guarded(this::pump))
                .deliveryStateUpdatedHandler(delivery -> line.guarded(() -> settled(delivery)))
                .detachHandler(remote -> line.guarded(() -> gone(false)))
                .closeHandler(remote -> line.guarded(() -> gone(true)))
                .parentEndpointClosedHandler(parent -> release());
        link.setDeliveryTagGenerator(tags);
        link.open();
    }

    @Override
    public void deliver(List<Delivery> batch) {
        requested -= batch.size();
        deliveries += batch.size();
        Wish asked = wish;
        for (Delivery delivery : batch) {
            Selector selector = asked == null ? null : asked.selector();
            if (selector == null || selector.takes(delivery.change(), line.codec())) {
                waiting.add(
                        new Again(delivery.change(), delivery.matched().get(0).topic(delivery.change()), 0));
            } else if (subscription != null && asked != null && asked.interest().group() != null) {
                subscription.giveBack(delivery.change());
            }
        }
        line.later(this::pump);
    }

    /** Sends what credit, windows and the socket allow, then asks for more. */
    void pump() {
        if (mailbox == null) {
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
        replenish();
        if (link.isDraining() && link.getCredit() > 0 && waiting.isEmpty() && current == null && !draining) {
            draining = true;
            drain(deliveries);
        }
    }

    private void replenish() {
        long ahead = requested + waiting.size() + (current == null ? 0 : 1);
        long allowed = Math.min(Integer.toUnsignedLong(link.getCredit()), AHEAD);
        allowed = Math.min(allowed, line.broker().limits().unsettled() - (long) unsettled);
        if (mailbox != null && line.channel().isWritable() && allowed > ahead && (ahead == 0 || ahead < AHEAD / 2)) {
            requested += allowed - ahead;
            mailbox.request(allowed - ahead);
        }
    }

    private void send(Again next) {
        Wish asked = wish;
        if (asked == null) {
            return;
        }
        OutgoingDelivery delivery = link.next();
        delivery.setLinkedResource(next);
        if (asked.settled()) {
            delivery.settle();
        } else {
            unsettled++;
        }
        current = delivery;
        rest = Codec.buffer(Publication.of(next.change(), next.topic(), asked.format(), line.codec(), next.failures()));
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
            }
        }
    }

    /** Answers drain once nothing has come for a moment; AMQP 1.0 §2.6.7. */
    private void drain(long seen) {
        line.channel()
                .eventLoop()
                .schedule(
                        () -> line.later(() -> {
                            boolean quiet = deliveries == seen && !scanning && waiting.isEmpty() && current == null;
                            if (mailbox == null || !link.isDraining() || link.getCredit() == 0) {
                                draining = false;
                            } else if (quiet) {
                                draining = false;
                                link.drained();
                            } else {
                                drain(deliveries);
                            }
                        }),
                        QUIET,
                        TimeUnit.MILLISECONDS);
    }

    /** The client says what became of a delivery. */
    private void settled(OutgoingDelivery delivery) {
        if (delivery.isSettled() || !(delivery.getLinkedResource() instanceof Again sent)) {
            return;
        }
        DeliveryState state = delivery.getRemoteState();
        boolean over = delivery.isRemotelySettled() || (state != null && terminal(state));
        if (!over) {
            return;
        }
        delivery.settle();
        delivery.setLinkedResource(null);
        unsettled--;
        if (state instanceof Released || (state == null && mailbox != null)) {
            waiting.addFirst(sent);
        } else if (state instanceof Modified modified && !modified.isUndeliverableHere()) {
            waiting.addFirst(
                    new Again(sent.change(), sent.topic(), sent.failures() + (modified.isDeliveryFailed() ? 1 : 0)));
        } else if (!(state instanceof Accepted)) {
            line.broker().traffic().dropped.increment();
        }
        pump();
    }

    private static boolean terminal(DeliveryState state) {
        return switch (state.getType()) {
            case Accepted, Rejected, Released, Modified -> true;
            default -> false;
        };
    }

    private void gone(boolean forGood) {
        release();
        if (forGood) {
            link.close();
        } else {
            link.detach();
        }
    }

    /** Ends the subscription. */
    void release() {
        Mailbox open = mailbox;
        mailbox = null;
        all.remove(this);
        waiting.clear();
        if (open != null) {
            open.close();
        }
    }

    @Override
    public void missed(long changes) {
        line.broker().traffic().dropped.add(changes);
    }

    @Override
    public void current(Subscription scanned, long sequence) {
        scanning = false;
    }

    @Override
    public void reset(Subscription from) {
        // The current rows that follow say it all.
        scanning = true;
    }

    @Override
    public void ended(Failure why) {
        mailbox = null;
        all.remove(this);
        line.later(() -> {
            link.setCondition(new ErrorCondition(Failures.ended(why.code()), why.reason()));
            link.close();
        });
    }
}
