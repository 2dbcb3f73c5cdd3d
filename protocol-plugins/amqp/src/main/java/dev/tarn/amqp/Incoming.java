// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import java.util.Arrays;
import org.apache.qpid.protonj2.engine.IncomingDelivery;
import org.apache.qpid.protonj2.engine.Receiver;
import org.apache.qpid.protonj2.types.Symbol;
import org.apache.qpid.protonj2.types.UnsignedLong;
import org.apache.qpid.protonj2.types.messaging.Source;
import org.apache.qpid.protonj2.types.messaging.Target;
import org.apache.qpid.protonj2.types.transport.AmqpError;
import org.apache.qpid.protonj2.types.transport.ErrorCondition;
import org.apache.qpid.protonj2.types.transport.LinkError;
import org.apache.qpid.protonj2.types.transport.ReceiverSettleMode;
import org.jspecify.annotations.Nullable;

/**
 * A link on which a client sends: each message is held until all of it is there, or goes into the store as it comes. For the
 * connection's loop.
 */
final class Incoming {

    private final Line line;
    private final Receiver link;
    private final Messages.Aim aim;
    private final Credit credit;
    private final Posting posting;
    private final Assembly assembly;
    private final Receipts receipts;

    /** The delivery that was streamed last, or is. */
    private @Nullable Arrival arrival;

    private @Nullable FeedKey owned;

    Incoming(Line line, Receiver link, Messages.Aim aim) {
        this.line = line;
        this.link = link;
        this.aim = aim;
        this.credit = new Credit(link, line.broker().limits().credit());
        this.posting = new Posting(line.transactions());
        this.assembly = new Assembly(line::incomplete);
        this.receipts = new Receipts(line, link, aim, credit);
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
        credit.replenish();
    }

    private void read(IncomingDelivery delivery) {
        credit.came(delivery);
        if (credit.closed()) {
            lost(delivery, new Refusal(LinkError.DETACH_FORCED, "the link is closed"));
        } else if (!credit.covered()) {
            refuse(delivery, LinkError.TRANSFER_LIMIT_EXCEEDED, "a transfer without credit");
        } else if (!posting.read(delivery)) {
            refuse(delivery, AmqpError.NOT_ALLOWED, "a message in two transactions");
        } else if (arrival == null || !arrival.of(delivery)) {
            hold(delivery);
        } else if (Posting.named(delivery)) {
            refuse(delivery, AmqpError.NOT_ALLOWED, "a transaction is named after the beginning of a message");
        } else {
            arrival.more();
        }
    }

    /** A message because of which the link is closed. */
    private void refuse(IncomingDelivery delivery, Symbol condition, String reason) {
        Refusal why = new Refusal(condition, reason);
        lost(delivery, why);
        close(why.error());
    }

    /** A message that the link does not take: no transaction may be committed without it. */
    private void lost(IncomingDelivery delivery, Refusal why) {
        line.transactions().refused(delivery.getRemoteState(), why);
        delivery.readAll();
    }

    private void hold(IncomingDelivery delivery) {
        int size = assembly.with(delivery.available());
        if (delivery.isPartial() && size > Streams.HELD && !assembly.judged() && begun(delivery)) {
            return;
        }
        int limit = line.broker().limits().message();
        if (size > limit) {
            // AMQP 1.0 §2.7.3, max-message-size.
            refuse(delivery, LinkError.MESSAGE_SIZE_EXCEEDED, "a message of more than " + limit + " bytes");
            return;
        }
        assembly.grown(delivery.isPartial() ? size : 0);
        if (!delivery.isPartial()) {
            posting.over();
            receipts.whole(delivery, assembly.joined(Codec.bytes(delivery.readAll())));
        }
    }

    /** Whether a message of which much has come, and more is to come, goes into the store from here on. */
    private boolean begun(IncomingDelivery delivery) {
        if (Posting.named(delivery)) {
            assembly.whole();
            return false;
        }
        byte[] first = Codec.bytes(delivery.readAll());
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
        credit.taken();
        arrival = streamed;
        streamed.begin(Arrays.copyOfRange(first, data, first.length));
        return true;
    }

    private void arrived(IncomingDelivery delivery, Request request, @Nullable Throwable failed) {
        if (failed != null && delivery.isPartial() && !credit.closed()) {
            close(Failures.toldOrFault(failed));
        } else {
            receipts.streamed(delivery, request, failed);
        }
    }

    private void aborted(IncomingDelivery delivery) {
        credit.came(delivery);
        if (arrival != null && arrival.of(delivery)) {
            arrival.close();
            credit.done();
        }
        posting.over();
        assembly.clear();
        delivery.settle();
        credit.replenish();
    }

    private void close(ErrorCondition error) {
        line.broker().traffic().refused.increment();
        forget();
        link.setCondition(error);
        link.close();
    }

    private void forget() {
        credit.close();
        if (arrival != null) {
            arrival.close();
        }
        posting.close();
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
