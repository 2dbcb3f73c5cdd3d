// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Change;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The connected members of a shared group, and whose turn it is. For the group's loop. */
final class Turns {

    private final List<SharedMember> members = new ArrayList<>();
    private int turn;

    void add(SharedMember member) {
        members.add(member);
    }

    void remove(SharedMember member) {
        members.remove(member);
    }

    boolean isEmpty() {
        return members.isEmpty();
    }

    /** How many more changes all of them can take now. */
    int room() {
        int room = 0;
        for (SharedMember member : members) {
            room += member.room();
        }
        return room;
    }

    /** Whether anybody who is here may have it. */
    boolean mayHave(Change change) {
        for (SharedMember member : members) {
            if (member.mayHave(change)) {
                return true;
            }
        }
        return false;
    }

    /** Whose turn it is; null while nobody has room who may have it. */
    @Nullable
    SharedMember next(Change change) {
        int count = members.size();
        for (int i = 0; i < count; i++) {
            SharedMember member = members.get(Math.floorMod(turn + i, count));
            if (member.room() > 0 && member.mayHave(change)) {
                turn = Math.floorMod(turn + i + 1, count);
                return member;
            }
        }
        return null;
    }
}
