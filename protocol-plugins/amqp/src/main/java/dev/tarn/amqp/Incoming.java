// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.client.ClientEvent;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import java.util.Arrays;
import java.util.concurrent.CompletionStage;
import org.apache.qpid.protonj2.buffer.ProtonBuffer;
import org.apache.qpid.protonj2.engine.IncomingDelivery;
import org.apache.qpid.protonj2.engine.Receiver;
import org.apache.qpid.protonj2.types.Symbol;
import org.apache.qpid.protonj2.types.UnsignedLong;
import org.apache.qpid.protonj2.types.messaging.Accepted;
import org.apache.qpid.protonj2.types.messaging.Rejected;
import org.apache.qpid.protonj2.types.messaging.Source;
import org.apache.qpid.protonj2.types.messaging.Target;
import org.apache.qpid.protonj2.types.transactions.TransactionalState;
import org.apache.qpid.protonj2.types.transport.DeliveryState;
import org.apache.qpid.protonj2.types.transport.ErrorCondition;
import org.apache.qpid.protonj2.types.transport.LinkError;
import org.apache.qpid.protonj2.types.transport.ReceiverSettleMode;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A link on which a client sends: each message is read once it is complete and settled once it is safe. For the
 * connection's loop.
 */
final class Incoming {

    private static final Logger LOG = LoggerFactory.getLogger(Incoming.class);

    private final Line line;
    private final Receiver link;
    private final Messages.Aim aim;
    private final int most;

    /** Messages whose end is not known yet. */
    private int pending;

    /** Credit that was given, and deliveries that have begun. */
    private long granted;

    private long begun;

    private final Assembly assembly;

    /** Bytes of a message that is too large, from its beginning on; 0 while there is none. */
    private long thrownAway;

    /** The delivery that was streamed last, or is. */
    private @Nullable Arrival arrival;

    private boolean closed;
    private @Nullable FeedKey owned;

    Incoming(Line line, Receiver link, Messages.Aim aim) {
        this.line = line;
        this.link = link;
        this.aim = aim;
        this.assembly = new Assembly(line::incomplete);
        this.most = line.broker().limits().credit();
    }

    void open(Target target) {
        Source source = link.getRemoteSource();
        link.setSource(source == null ? new Source() : source)
                .setTarget(target)
                .setReceiverSettleMode(ReceiverSettleMode.FIRST)
                .setSenderSettleMode(link.getRemoteSenderSettleMode())
                .deliveryReadHandler(delivery -> line.guarded(() -> read(delivery)))
                .deliveryAbortedHandler(delivery -> line.guarded(() -> aborted(delivery)))
                .detachHandler(remote -> line.guarded(() -> gone(false)))
                .closeHandler(remote -> line.guarded(() -> gone(true)))
                .parentEndpointClosedHandler(parent -> ended());
        if (!line.broker().streams().may(line.context(), aim.path())) {
            link.setMaxMessageSize(UnsignedLong.valueOf(line.broker().limits().message()));
        }
        link.open();
        replenish();
    }

    private void replenish() {
        int room = most - pending - link.getCredit();
        if (!closed && room > most / 2) {
            granted += room;
            link.addCredit(room);
        }
    }

    private void read(IncomingDelivery delivery) {
        if (closed) {
            lost(delivery, LinkError.DETACH_FORCED, "the link is closed");
            return;
        }
        if (delivery.getTransferCount() == 1 && ++begun > granted) {
            close(new ErrorCondition(LinkError.TRANSFER_LIMIT_EXCEEDED, "a transfer without credit"));
            lost(delivery, LinkError.TRANSFER_LIMIT_EXCEEDED, "a transfer without credit");
            return;
        }
        if (arrival != null && arrival.of(delivery)) {
            arrival.more();
            return;
        }
        int size = assembly.with(delivery.available());
        if (delivery.isPartial() && size > Streams.HELD && !assembly.judged() && begun(delivery)) {
            return;
        }
        if (thrownAway > 0 || size > line.broker().limits().message()) {
            tooLarge(delivery, size);
            return;
        }
        assembly.grown(delivery.isPartial() ? size : 0);
        if (delivery.isPartial()) {
            delivery.claimAvailableBytes();
        } else {
            complete(delivery, size);
        }
    }

    /**
     * The rest of it is thrown away, as much again at most, before the link is closed (AMQP 1.0 §2.7.3, max-message-size): what is
     * left in the session's window would keep out what comes on other links, as the discharge of a transaction (§2.5.6).
     */
    private void tooLarge(IncomingDelivery delivery, int size) {
        int limit = line.broker().limits().message();
        String reason = "a message of more than " + limit + " bytes";
        lost(delivery, LinkError.MESSAGE_SIZE_EXCEEDED, reason);
        delivery.readAll();
        assembly.clear();
        thrownAway += size;
        if (!delivery.isPartial() || thrownAway > 2L * limit) {
            close(new ErrorCondition(LinkError.MESSAGE_SIZE_EXCEEDED, reason));
        }
    }

    /** A delivery that the link does not take: no transaction may be committed without it. */
    private void lost(IncomingDelivery delivery, Symbol condition, String reason) {
        line.transactions().refused(delivery.getRemoteState(), new Refusal(condition, reason));
    }

    /** Whether a message of which much has come, and more is to come, goes into the store from here on. */
    private boolean begun(IncomingDelivery delivery) {
        if (delivery.getRemoteState() instanceof TransactionalState) {
            assembly.whole();
            return false;
        }
        ProtonBuffer payload = delivery.readAll();
        byte[] first = Codec.bytes(payload);
        assembly.judged(first);
        int data = Shape.data(first);
        Request request = data < 0
                ? null
                : line.broker().streams().begin(line, aim, Arrays.copyOf(first, data), delivery.isRemotelySettled());
        if (request == null) {
            return false;
        }
        Arrival streamed =
                new Arrival(line, delivery, request, failed -> line.guarded(() -> arrived(delivery, request, failed)));
        if (!line.streaming(streamed, true)) {
            return false;
        }
        assembly.clear();
        pending++;
        arrival = streamed;
        streamed.begin(Arrays.copyOfRange(first, data, first.length));
        return true;
    }

    private void arrived(IncomingDelivery delivery, Request request, @Nullable Throwable failed) {
        line.broker().traffic().in.increment();
        if (failed == null) {
            published(request);
        }
        if (failed != null && delivery.isPartial() && !closed) {
            close(Failures.toldOrFault(failed));
        } else {
            settle(delivery, 0, failed);
        }
    }

    private void complete(IncomingDelivery delivery, int size) {
        ProtonBuffer payload = delivery.readAll();
        byte[] message = assembly.joined(Codec.bytes(payload));
        line.broker().traffic().in.increment();
        pending++;
        line.waiting(size);
        try {
            Sections sections = Sections.of(message, line.codec());
            FeedKey queue = Messages.queue(aim, sections);
            if (queue == null || line.broker().feeds().declared(queue)) {
                act(delivery, sections, size);
            } else {
                declare(queue, delivery, sections, size);
            }
        } catch (Failure | Refusal refused) {
            settle(delivery, size, refused);
        }
    }

    /** A queue is there from its first message on; what comes meanwhile waits. */
    private void declare(FeedKey queue, IncomingDelivery delivery, Sections sections, int size) {
        line.hold();
        line.broker()
                .feeds()
                .declare(queue)
                .whenComplete((feed, failed) -> line.later(() -> {
                    if (failed == null) {
                        try {
                            act(delivery, sections, size);
                        } catch (Failure | Refusal refused) {
                            settle(delivery, size, refused);
                        }
                    } else {
                        settle(delivery, size, failed);
                    }
                    line.goOn();
                }));
    }

    private void act(IncomingDelivery delivery, Sections sections, int size) {
        Messages messages = line.broker().messages();
        Request request = messages.read(line.context(), aim, sections, delivery.isRemotelySettled());
        if (delivery.getRemoteState() instanceof TransactionalState within) {
            Transaction transaction = line.transactions().find(within.getTxnId());
            transaction.post(request, size);
            settle(delivery, size, transaction.accepted());
            return;
        }
        CompletionStage<Commit> done = messages.send(line.context(), request);
        done.whenComplete((commit, failed) -> {
            if (failed == null) {
                published(request);
            }
            if (line.channel().eventLoop().inEventLoop()) {
                line.guarded(() -> settle(delivery, size, failed));
            } else {
                line.later(() -> settle(delivery, size, failed));
            }
        });
    }

    private void published(Request request) {
        line.tell(
                ClientEvent.Type.PUBLISHED,
                request.path().text(),
                request.attributes().qos(),
                null);
    }

    private void settle(IncomingDelivery delivery, int size, @Nullable Throwable failed) {
        if (failed != null) {
            line.transactions().refused(delivery.getRemoteState(), failed);
        }
        settle(delivery, size, outcome(failed));
    }

    private void settle(IncomingDelivery delivery, int size, DeliveryState outcome) {
        pending--;
        if (!closed && delivery.isRemotelySettled()) {
            delivery.settle();
        } else if (!closed) {
            delivery.disposition(outcome, true);
        }
        replenish();
        line.waiting(-size);
    }

    private DeliveryState outcome(@Nullable Throwable failed) {
        if (failed == null) {
            return Accepted.getInstance();
        }
        ErrorCondition told = Failures.told(failed);
        line.broker().traffic().refused.increment();
        if (told == null) {
            LOG.error("a message failed because of a bug: link={}", link.getName(), failed);
            told = Failures.toldOrFault(failed);
        }
        LOG.debug("message rejected: condition={} text={}", told.getCondition(), told.getDescription());
        return new Rejected(told);
    }

    private void aborted(IncomingDelivery delivery) {
        if (arrival != null && arrival.of(delivery)) {
            arrival.close();
            pending--;
        }
        assembly.clear();
        delivery.settle();
        replenish();
    }

    private void close(ErrorCondition error) {
        line.broker().traffic().refused.increment();
        forget();
        link.setCondition(error);
        link.close();
    }

    private void forget() {
        closed = true;
        if (arrival != null) {
            arrival.close();
        }
        assembly.clear();
    }

    /** Its end is the end of this queue. */
    void owning(FeedKey temporary) {
        owned = temporary;
        line.owning(temporary);
    }

    private void ended() {
        forget();
        if (owned != null) {
            line.broker().feeds().end(owned);
        }
    }

    private void gone(boolean forGood) {
        ended();
        if (forGood) {
            link.close();
        } else {
            link.detach();
        }
    }
}
