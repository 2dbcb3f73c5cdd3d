// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import org.apache.qpid.protonj2.engine.IncomingDelivery;
import org.apache.qpid.protonj2.types.transactions.TransactionalState;
import org.apache.qpid.protonj2.types.transport.AmqpError;
import org.apache.qpid.protonj2.types.transport.LinkError;
import org.jspecify.annotations.Nullable;

/**
 * The transaction that the message which a link is receiving is part of, until all of it is there: meanwhile that transaction
 * cannot be discharged, AMQP 1.0 §4.4.1. For the connection's loop.
 */
final class Posting {

    private final Transactions transactions;
    private @Nullable Transaction partOf;

    Posting(Transactions transactions) {
        this.transactions = transactions;
    }

    /** A transfer of the message has come. Returns whether it names no other transaction than those before it. */
    boolean read(IncomingDelivery delivery) {
        Transaction named = transactions.of(delivery.getRemoteState());
        Transaction before = partOf;
        if (named == before) {
            return true;
        }
        if (before != null && !before.over()) {
            before.refused(new Refusal(AmqpError.NOT_ALLOWED, "a message in two transactions"));
            return false;
        }
        partOf = named;
        if (named != null) {
            named.receiving(true);
        }
        return true;
    }

    /** Whether it says that it is part of one, known or not. */
    static boolean named(IncomingDelivery delivery) {
        return delivery.getRemoteState() instanceof TransactionalState;
    }

    /** All of it is there, or its sender has taken it back. */
    void over() {
        Transaction before = partOf;
        partOf = null;
        if (before != null) {
            before.receiving(false);
        }
    }

    /** The link is over: what was not sent to its end is missing in its transaction. */
    void close() {
        if (partOf != null) {
            partOf.refused(new Refusal(LinkError.DETACH_FORCED, "a link that ended within a message"));
            over();
        }
    }
}
