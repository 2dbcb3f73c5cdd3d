// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Change;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The clients of a {@link Feed}, who get what they have room for in turn. For the feeds' thread. */
final class FeedMembers {
    private final List<FeedMember> members = new ArrayList<>();
    private int turn;

    void add(FeedMember member) {
        members.add(member);
    }

    /** Whether he was one. */
    boolean remove(FeedMember member) {
        return members.remove(member);
    }

    boolean has(FeedMember member) {
        return members.contains(member);
    }

    int count() {
        return members.size();
    }

    /** A copy, to go through while they leave. */
    List<FeedMember> all() {
        return List.copyOf(members);
    }

    /** For how many changes they have room, together. */
    long room() {
        long room = 0;
        for (FeedMember member : members) {
            room += member.room();
        }
        return room;
    }

    /** Whether one of them may have it, or nobody is here. */
    boolean mayHave(Change change) {
        return members.isEmpty() || members.stream().anyMatch(member -> member.mayHave(change));
    }

    /**
     * Who gets it; null for none of them.
     *
     * @param given what they are to get already
     */
    @Nullable
    FeedMember next(Parcel parcel, Map<FeedMember, List<Parcel>> given, Codec codec) {
        int count = members.size();
        for (int i = 0; i < count; i++) {
            FeedMember member = members.get(Math.floorMod(turn + i, count));
            List<Parcel> already = given.get(member);
            boolean room = member.room() > (already == null ? 0 : already.size());
            if (room && member.mayHave(parcel.change()) && member.wants(parcel, codec)) {
                turn = Math.floorMod(turn + i + 1, count);
                return member;
            }
        }
        return null;
    }
}
