// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import java.util.HashMap;
import java.util.Map;

/**
 * What clients of a {@link Feed} have settled in transactions that are not discharged: nobody else gets it before that is known,
 * whether or not the client is still there. For the thread of the {@link Feeds}.
 */
final class FeedPledges {

    private final FeedPlace place;
    private final Map<Long, Parcel> pledged = new HashMap<>();

    FeedPledges(FeedPlace place) {
        this.place = place;
    }

    /** Whether a change can be settled by a transaction at all; any thread. */
    static boolean may(Parcel parcel) {
        return parcel.change().logged() && !parcel.current();
    }

    /** Whether it is one; the log is read again when all clients have gone. */
    boolean has(long sequence) {
        return !pledged.isEmpty() && pledged.containsKey(sequence);
    }

    /** One more, which the client has. Returns false where it had given it back already. */
    boolean add(FeedMember member, Parcel parcel) {
        return member.held().remove(parcel) && pledged.put(parcel.change().sequence(), parcel) == null;
    }

    /** Its transaction was committed. */
    void retired(Parcel parcel) {
        pledged.remove(parcel.change().sequence());
        place.retired(parcel.change().sequence());
    }

    /** Its transaction was rolled back. Returns whether somebody has to get it. */
    boolean restored(Parcel parcel) {
        return pledged.remove(parcel.change().sequence(), parcel);
    }
}
