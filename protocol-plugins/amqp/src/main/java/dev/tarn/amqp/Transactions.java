// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.apache.qpid.protonj2.types.Binary;
import org.apache.qpid.protonj2.types.transactions.TransactionalState;
import org.apache.qpid.protonj2.types.transport.AmqpError;
import org.apache.qpid.protonj2.types.transport.DeliveryState;
import org.jspecify.annotations.Nullable;

/** The local transactions of a connection that are not discharged. For the connection's loop. */
final class Transactions {

    /** Transactions of one connection at a time. */
    private static final int MOST = 256;

    private final Line line;
    /** By their ids, read as numbers: the library's binaries have another hash code when they are asked a second time. */
    private final Map<Long, Transaction> open = new HashMap<>();

    private long last;

    Transactions(Line line) {
        this.line = line;
    }

    /**
     * Begins one.
     *
     * @throws Refusal when there are too many
     */
    Transaction declare() {
        if (open.size() >= MOST) {
            throw new Refusal(AmqpError.RESOURCE_LIMIT_EXCEEDED, "more than " + MOST + " transactions at a time");
        }
        Binary id = new Binary(ByteBuffer.allocate(Long.BYTES).putLong(++last).array());
        Transaction begun = new Transaction(line, id);
        open.put(last, begun);
        return begun;
    }

    /**
     * One that is not discharged.
     *
     * @throws Refusal when there is none
     */
    Transaction find(@Nullable Binary id) {
        Transaction known = known(id);
        if (known == null) {
            throw Transaction.unknown();
        }
        return known;
    }

    /** The one that a delivery says it is part of; null for none that is open. */
    @Nullable
    Transaction of(@Nullable DeliveryState part) {
        return part instanceof TransactionalState within ? known(within.getTxnId()) : null;
    }

    /** A delivery that says that it is part of one was refused; nothing when there is no such transaction. */
    void refused(@Nullable DeliveryState part, Throwable why) {
        Transaction known = of(part);
        if (known != null) {
            known.refused(why);
        }
    }

    /** It is about to be discharged: nothing more can be part of it. */
    void close(Transaction over) {
        over.close();
        open.remove(number(over.id()));
    }

    /** The connection is over. */
    void release() {
        open.values().forEach(Transaction::restore);
        open.clear();
    }

    private @Nullable Transaction known(@Nullable Binary id) {
        return id == null || id.getLength() != Long.BYTES ? null : open.get(number(id));
    }

    private static long number(Binary id) {
        return ByteBuffer.wrap(id.asByteArray()).getLong();
    }
}
