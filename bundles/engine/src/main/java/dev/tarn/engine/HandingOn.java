// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Change;
import java.util.List;

/** Gives what a member of a shared group does not take to another member, if there is one. Any thread. */
final class HandingOn {

    private final Commons commons;

    HandingOn(Commons commons) {
        this.commons = commons;
    }

    /** Gives one change on; does nothing for a subscription that is in no group. */
    void change(Change change, FilterSubscription from) {
        SharedGroup group = from.group();
        Route route = group == null ? null : commons.routing().route(change.path(), change.table());
        Route.Sharing sharing = group == null || route == null ? null : route.sharing(group);
        Route.Target other = sharing == null ? null : sharing.nextBut(from);
        if (other != null) {
            other.mailbox().queue().offerShared(change, other);
        }
    }

    /** Gives logged changes on that are known by their numbers only: a worker reads them. */
    void logged(long[] sequences, FilterSubscription from) {
        commons.workers().read(() -> {
            for (Change change : CatchUp.changes(commons, sequences)) {
                change(change, from);
            }
        });
    }

    /** A member is gone: what it was given and has not been handed goes to the others. On its loop. */
    void left(FilterSubscription member, SharedGroup group, List<Change> waiting) {
        commons.routing().groups().leave(group);
        for (Change change : waiting) {
            change(change, member);
        }
        long[] assigned = member.assigned();
        if (assigned.length > 0) {
            logged(assigned, member);
        }
    }
}
