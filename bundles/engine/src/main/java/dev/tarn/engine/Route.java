// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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

    /** The members of a shared group that cover the path. Immutable but for whose turn it is. */
    static final class Sharing {

        /** How many members are asked whether they have room, before one is taken that has none. */
        private static final int ASKED = 64;

        private final SharedGroup group;
        private final Target[] members;

        Sharing(SharedGroup group, List<FilterSubscription> subscriptions) {
            this.group = group;
            this.members = subscriptions.stream()
                    .map(subscription -> new Target(subscription.mailbox(), List.of(subscription)))
                    .toArray(Target[]::new);
        }

        /** The member whose turn it is, or one after it that has room. */
        Target next() {
            int first = group.next(members.length);
            for (int i = 0; i < members.length && i < ASKED; i++) {
                Target member = members[(first + i) % members.length];
                if (member.mailbox().ready()) {
                    return member;
                }
            }
            return members[first];
        }

        /** As {@link #next}, but not this subscription; null when it is the only one. */
        @Nullable
        Target nextBut(FilterSubscription subscription) {
            Target next = next();
            for (int i = 0; i < members.length && next.matched().get(0) == subscription; i++) {
                next = members[group.next(members.length)];
            }
            return next.matched().get(0) == subscription ? null : next;
        }
    }

    private static final Group[] NO_GROUPS = new Group[0];
    private static final Sharing[] NO_SHARING = new Sharing[0];

    private final String spelled;
    private final Exported exported;
    private final Path path;
    private final Group[] groups;
    private final Sharing[] sharing;
    private final List<OwedFilter> owed;
    private final int targets;

    private Route(
            String spelled,
            Exported exported,
            Path path,
            Group[] groups,
            Sharing[] sharing,
            List<OwedFilter> owed,
            int targets) {
        this.spelled = spelled;
        this.exported = exported;
        this.path = path;
        this.groups = groups;
        this.sharing = sharing;
        this.owed = owed;
        this.targets = targets;
    }

    static Route of(
            String spelled, Exported exported, Path path, List<FilterSubscription> covering, List<OwedFilter> owed) {
        Map<LoopQueue, Map<QueuedMailbox, List<FilterSubscription>>> loops = new LinkedHashMap<>();
        Map<SharedGroup, List<FilterSubscription>> shared = new LinkedHashMap<>();
        for (FilterSubscription subscription : covering) {
            SharedGroup group = subscription.group();
            if (group != null) {
                shared.computeIfAbsent(group, same -> new ArrayList<>()).add(subscription);
            } else {
                QueuedMailbox mailbox = subscription.mailbox();
                loops.computeIfAbsent(mailbox.queue(), queue -> new LinkedHashMap<>())
                        .computeIfAbsent(mailbox, same -> new ArrayList<>(1))
                        .add(subscription);
            }
        }
        Sharing[] sharing = shared.isEmpty()
                ? NO_SHARING
                : shared.entrySet().stream()
                        .map(entry -> new Sharing(entry.getKey(), entry.getValue()))
                        .toArray(Sharing[]::new);
        return new Route(spelled, exported, path, groups(loops), sharing, owed, covering.size() + owed.size());
    }

    private static Group[] groups(Map<LoopQueue, Map<QueuedMailbox, List<FilterSubscription>>> loops) {
        Group[] groups = loops.isEmpty() ? NO_GROUPS : new Group[loops.size()];
        int count = 0;
        for (Map.Entry<LoopQueue, Map<QueuedMailbox, List<FilterSubscription>>> loop : loops.entrySet()) {
            List<Target> targets = new ArrayList<>(loop.getValue().size());
            loop.getValue().forEach((mailbox, matched) -> targets.add(new Target(mailbox, List.copyOf(matched))));
            groups[count++] = new Group(loop.getKey(), targets.toArray(new Target[0]));
        }
        return groups;
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

    /** Not to be changed. */
    Sharing[] sharing() {
        return sharing;
    }

    /** The members of this group that cover the path, or null. */
    @Nullable
    Sharing sharing(SharedGroup group) {
        for (Sharing each : sharing) {
            if (each.group == group) {
                return each;
            }
        }
        return null;
    }

    boolean isEmpty() {
        return groups.length == 0 && sharing.length == 0;
    }

    /** Filters of durable sessions that may be owed what is said here, those of one session next to each other. */
    List<OwedFilter> owed() {
        return owed;
    }

    /** How many subscriptions and filters it names. */
    int targets() {
        return targets;
    }
}
