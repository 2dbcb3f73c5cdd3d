// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.apache.qpid.protonj2.types.Binary;
import org.apache.qpid.protonj2.types.transport.AmqpError;
import org.jspecify.annotations.Nullable;

/** The local transactions of a connection that are not discharged. For the connection's loop. */
final class Transactions {

    /** Transactions of one connection at a time. */
    private static final int MOST = 256;

    private final Line line;
    private final Map<Binary, Transaction> open = new HashMap<>();
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
        open.put(id, begun);
        return begun;
    }

    /**
     * One that is not discharged.
     *
     * @throws Refusal when there is none
     */
    Transaction find(@Nullable Binary id) {
        Transaction known = id == null ? null : open.get(id);
        if (known == null) {
            throw Transaction.unknown();
        }
        return known;
    }

    /** It is about to be discharged: nothing more can be part of it. */
    void close(Transaction over) {
        open.remove(over.id());
    }
}
