// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.client.ClientEvent;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import java.util.concurrent.CompletionStage;
import org.apache.qpid.protonj2.engine.IncomingDelivery;
import org.apache.qpid.protonj2.engine.Receiver;
import org.apache.qpid.protonj2.types.messaging.Accepted;
import org.apache.qpid.protonj2.types.messaging.Rejected;
import org.apache.qpid.protonj2.types.transactions.TransactionalState;
import org.apache.qpid.protonj2.types.transport.DeliveryState;
import org.apache.qpid.protonj2.types.transport.ErrorCondition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of the messages of a link of which all is there: each is done, or becomes part of its transaction, and its sender
 * is told once it is safe. For the connection's loop.
 */
final class Receipts {

    private static final Logger LOG = LoggerFactory.getLogger(Receipts.class);

    private final Line line;
    private final Receiver link;
    private final Messages.Aim aim;
    private final Credit credit;

    Receipts(Line line, Receiver link, Messages.Aim aim, Credit credit) {
        this.line = line;
        this.link = link;
        this.aim = aim;
        this.credit = credit;
    }

    /** A message was held until all of it was there. */
    void whole(IncomingDelivery delivery, byte[] message) {
        int size = message.length;
        line.broker().traffic().in.increment();
        credit.taken();
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

    /** A message went into the store as it came, or did not. */
    void streamed(IncomingDelivery delivery, Request request, @Nullable Throwable failed) {
        line.broker().traffic().in.increment();
        if (failed == null) {
            published(request);
        }
        settle(delivery, 0, failed);
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
        if (!credit.closed() && delivery.isRemotelySettled()) {
            delivery.settle();
        } else if (!credit.closed()) {
            delivery.disposition(outcome, true);
        }
        credit.done();
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
}
