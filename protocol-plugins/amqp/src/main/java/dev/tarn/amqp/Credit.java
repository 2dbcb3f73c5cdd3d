// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import org.apache.qpid.protonj2.engine.IncomingDelivery;
import org.apache.qpid.protonj2.engine.Receiver;
import org.apache.qpid.protonj2.types.transport.LinkError;
import org.jspecify.annotations.Nullable;

/** How many messages the client of a link may send, and how many it has begun to; AMQP 1.0 §2.6.7. For the connection's loop. */
final class Credit {

    private final Receiver link;
    private final int most;

    /** Messages that have come and whose end is not known yet. */
    private int pending;

    private long granted;
    private long begun;
    private boolean closed;

    /** The delivery that began last. */
    private @Nullable IncomingDelivery last;

    /** @param most messages that may be on their way or pending */
    Credit(Receiver link, int most) {
        this.link = link;
        this.most = most;
    }

    /** Gives as much as there is room for, once that is worth a frame. */
    void replenish() {
        int room = most - pending - link.getCredit();
        if (!closed && room > most / 2) {
            granted += room;
            link.addCredit(room);
        }
    }

    /**
     * A transfer has come.
     *
     * @throws Refusal when far more come than were asked for, as on a link that was closed long ago: the library keeps each
     */
    void came(IncomingDelivery delivery) {
        if (delivery != last) {
            last = delivery;
            begun++;
        }
        if (begun > granted + most) {
            throw new Refusal(LinkError.TRANSFER_LIMIT_EXCEEDED, (begun - granted) + " messages without credit");
        }
    }

    /** Whether the delivery that began last was begun with credit. */
    boolean covered() {
        return begun <= granted;
    }

    /** The link is over: no more is given. */
    void close() {
        closed = true;
    }

    boolean closed() {
        return closed;
    }

    /** A message is pending. */
    void taken() {
        pending++;
    }

    /** A message is no longer pending. */
    void done() {
        pending--;
        replenish();
    }
}
