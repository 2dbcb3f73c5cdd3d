// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where a path leads: its table and its subscribers, by event loop. Immutable; found once per topic and epoch. */
final class Route {

    /** One mailbox and those of its subscriptions that cover the path. */
    record Target(QueuedMailbox mailbox, List<FilterSubscription> matched) {}

    /** The mailboxes of one loop. Immutable. */
    static final class Group {
        private final LoopQueue queue;
        private final Target[] targets;

        Group(LoopQueue queue, Target[] targets) {
            this.queue = queue;
            this.targets = targets;
        }

        LoopQueue queue() {
            return queue;
        }

        /** Not to be changed. */
        Target[] targets() {
            return targets;
        }
    }

    private final String spelled;
    private final Exported exported;
    private final Path path;
    private final Group[] groups;
    private final int targets;

    private Route(String spelled, Exported exported, Path path, Group[] groups, int targets) {
        this.spelled = spelled;
        this.exported = exported;
        this.path = path;
        this.groups = groups;
        this.targets = targets;
    }

    static Route of(String spelled, Exported exported, Path path, List<FilterSubscription> covering) {
        if (covering.isEmpty()) {
            return new Route(spelled, exported, path, new Group[0], 0);
        }
        Map<LoopQueue, Map<QueuedMailbox, List<FilterSubscription>>> loops = new LinkedHashMap<>();
        for (FilterSubscription subscription : covering) {
            QueuedMailbox mailbox = subscription.mailbox();
            loops.computeIfAbsent(mailbox.queue(), queue -> new LinkedHashMap<>())
                    .computeIfAbsent(mailbox, same -> new ArrayList<>(1))
                    .add(subscription);
        }
        Group[] groups = new Group[loops.size()];
        int count = 0;
        int targets = 0;
        for (Map.Entry<LoopQueue, Map<QueuedMailbox, List<FilterSubscription>>> loop : loops.entrySet()) {
            List<Target> of = new ArrayList<>(loop.getValue().size());
            loop.getValue().forEach((mailbox, matched) -> of.add(new Target(mailbox, List.copyOf(matched))));
            targets += of.size();
            groups[count++] = new Group(loop.getKey(), of.toArray(new Target[0]));
        }
        return new Route(spelled, exported, path, groups, targets);
    }

    /** The text that it was looked up by. */
    String spelled() {
        return spelled;
    }

    Exported exported() {
        return exported;
    }

    /** The canonical path. */
    Path path() {
        return path;
    }

    /** Not to be changed. */
    Group[] groups() {
        return groups;
    }

    /** How many mailboxes. */
    int targets() {
        return targets;
    }
}
