// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.store.Draft;
import org.jspecify.annotations.Nullable;

/** Where the changes come from that a link sends. For the connection's loop. */
interface Supply {

    /** Who sends them. */
    interface Outlet {
        /** More to send, in order; the list may be kept. */
        void arrived(java.util.List<Parcel> parcels);

        /** Whether current rows are being read, so that there is surely more to come. */
        void scanning(boolean running);

        /** Nothing more comes. */
        void ended(org.apache.qpid.protonj2.types.transport.ErrorCondition why);
    }

    /** What became of a parcel that its client has not taken. */
    enum Fate {
        /** It goes to somebody else, or to the same client again. */
        RELEASED,
        /** Likewise, and the same client does not get it again. */
        BARRED
    }

    /** The sequence up to which nothing is told as a change; 0 where that is not for the client to know. */
    default long begun() {
        return 0;
    }

    /** So many more may arrive. */
    void request(long changes);

    /** The client has no more credit: what was requested and has not arrived is not wanted now. */
    void recall();

    /** The client is done with it. */
    void settled(Parcel parcel);

    /** The client has not taken it. Returns whether the link has to send it again by itself. */
    boolean returned(Parcel parcel, Fate fate);

    /** What says in the store that the client is done with it, so that a transaction can have it; null for nothing. */
    @Nullable
    Draft retirement(Parcel parcel);

    /**
     * The client has settled it in a transaction: until {@link #retired} or {@link #restored} nobody else gets it, though the link
     * may end. Returns false where there is nobody else; then it is settled after the commit.
     */
    boolean pledge(Parcel parcel);

    /** The transaction of {@link #pledge} was committed. Any thread. */
    void retired(Parcel parcel);

    /** The transaction of {@link #pledge} was rolled back: the client has it as before. Any thread. */
    void restored(Parcel parcel);

    /** Whether nothing is at hand that could be sent; asked now and then while a link is drained. Answers on the loop. */
    void idle(java.util.function.Consumer<Boolean> answer);

    /**
     * The link ends; what is not settled is not sent by it any more.
     *
     * @param lost whether the client has gone without a word
     * @param forGood whether the client has said that it does not come back
     */
    void close(boolean lost, boolean forGood);
}
