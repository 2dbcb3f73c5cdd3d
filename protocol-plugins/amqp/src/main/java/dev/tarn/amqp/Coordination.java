// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import java.util.LinkedHashSet;
import java.util.Set;
import org.apache.qpid.protonj2.buffer.ProtonBuffer;
import org.apache.qpid.protonj2.engine.IncomingDelivery;
import org.apache.qpid.protonj2.engine.Receiver;
import org.apache.qpid.protonj2.types.Symbol;
import org.apache.qpid.protonj2.types.messaging.Accepted;
import org.apache.qpid.protonj2.types.messaging.Rejected;
import org.apache.qpid.protonj2.types.messaging.Source;
import org.apache.qpid.protonj2.types.transactions.Coordinator;
import org.apache.qpid.protonj2.types.transactions.Declare;
import org.apache.qpid.protonj2.types.transactions.Declared;
import org.apache.qpid.protonj2.types.transactions.Discharge;
import org.apache.qpid.protonj2.types.transactions.TransactionErrors;
import org.apache.qpid.protonj2.types.transactions.TxnCapability;
import org.apache.qpid.protonj2.types.transport.AmqpError;
import org.apache.qpid.protonj2.types.transport.DeliveryState;
import org.apache.qpid.protonj2.types.transport.ErrorCondition;
import org.apache.qpid.protonj2.types.transport.LinkError;
import org.apache.qpid.protonj2.types.transport.ReceiverSettleMode;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The link on which a client declares and discharges transactions, AMQP 1.0 §4.1. What it has declared is rolled back when it
 * closes. For the connection's loop.
 */
final class Coordination {

    private static final Logger LOG = LoggerFactory.getLogger(Coordination.class);

    private static final int CREDIT = 64;

    /** Largest message: a declaration or a discharge, and what little may be around it. */
    private static final int LARGEST = 4_096;

    private final Line line;
    private final Receiver link;
    private final Credit credit;
    private final Set<Transaction> declared = new LinkedHashSet<>();

    Coordination(Line line, Receiver link) {
        this.line = line;
        this.link = link;
        this.credit = new Credit(link, CREDIT);
    }

    void open(Coordinator asked) {
        Source source = link.getRemoteSource();
        asked.setCapabilities(TxnCapability.LOCAL_TXN, TxnCapability.MULTI_TXNS_PER_SSN);
        link.setSource(source == null ? new Source() : source)
                .setTarget(asked)
                .setReceiverSettleMode(ReceiverSettleMode.FIRST)
                .setSenderSettleMode(link.getRemoteSenderSettleMode())
                .deliveryReadHandler(delivery -> line.guarded(() -> read(delivery)))
                .detachHandler(remote -> line.guarded(() -> gone(false)))
                .closeHandler(remote -> line.guarded(() -> gone(true)))
                .parentEndpointClosedHandler(parent -> over())
                .open();
        credit.replenish();
    }

    private void read(IncomingDelivery delivery) {
        credit.came(delivery);
        if (credit.closed()) {
            delivery.readAll();
            return;
        }
        if (!credit.covered()) {
            close(LinkError.TRANSFER_LIMIT_EXCEEDED, "a transfer without credit");
            return;
        }
        if (delivery.available() > LARGEST) {
            close(LinkError.MESSAGE_SIZE_EXCEEDED, "more than " + LARGEST + " bytes");
            return;
        }
        if (delivery.isAborted()) {
            delivery.settle();
            credit.replenish();
            return;
        }
        if (delivery.isPartial()) {
            return;
        }
        ProtonBuffer payload = delivery.readAll();
        byte[] message = payload == null ? new byte[0] : Codec.bytes(payload);
        credit.replenish();
        try {
            // What is declared and discharged is a described value of the section, which messages do not have.
            for (int at = 0; at < message.length; ) {
                at = Shape.performative(message, at);
            }
            Object asked = Sections.read(message, line.codec()).value();
            if (asked instanceof Declare) {
                declare(delivery);
            } else if (asked instanceof Discharge discharge) {
                discharge(delivery, discharge);
            } else {
                throw new Refusal(AmqpError.NOT_IMPLEMENTED, "neither declare nor discharge");
            }
        } catch (Refusal refused) {
            delivery.disposition(new Rejected(refused.error()), true);
        }
    }

    private void declare(IncomingDelivery delivery) {
        Transaction begun = line.transactions().declare();
        declared.add(begun);
        delivery.disposition(new Declared().setTxnId(begun.id()), true);
    }

    private void discharge(IncomingDelivery delivery, Discharge asked) {
        Transaction discharged = line.transactions().find(asked.getTxnId());
        if (discharged.incomplete()) {
            // AMQP 1.0 §4.4.1: the control link must be terminated with this error.
            close(TransactionErrors.TRANSACTION_ROLLBACK, "discharged before the end of a message that is part of it");
            return;
        }
        line.transactions().close(discharged);
        declared.remove(discharged);
        if (asked.getFail()) {
            discharged.rollBack();
            delivery.disposition(Accepted.getInstance(), true);
            return;
        }
        discharged.commit().whenComplete((commit, failure) -> {
            if (failure == null) {
                discharged.settle();
            } else {
                discharged.restore();
            }
            line.later(() -> discharged(delivery, discharged, failure));
        });
    }

    private void discharged(IncomingDelivery delivery, Transaction discharged, @Nullable Throwable failure) {
        if (failure == null) {
            discharged.committed();
        } else {
            discharged.rolledBack();
        }
        if (!credit.closed()) {
            delivery.disposition(failure == null ? Accepted.getInstance() : failed(failure), true);
        }
    }

    private static DeliveryState failed(Throwable failure) {
        ErrorCondition told = Failures.told(failure);
        if (told == null) {
            LOG.error("a transaction failed because of a bug", failure);
        }
        String reason = told == null ? "a fault of the server" : told.getCondition() + ": " + told.getDescription();
        return new Rejected(new ErrorCondition(TransactionErrors.TRANSACTION_ROLLBACK, reason));
    }

    private void over() {
        credit.close();
        for (Transaction transaction : declared) {
            line.transactions().close(transaction);
            transaction.rollBack();
        }
        declared.clear();
    }

    /** What was declared on the link is rolled back. */
    private void close(Symbol condition, String reason) {
        line.broker().traffic().refused.increment();
        over();
        link.setCondition(new ErrorCondition(condition, reason));
        link.close();
    }

    private void gone(boolean forGood) {
        over();
        if (forGood) {
            link.close();
        } else {
            link.detach();
        }
    }
}
