// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Subscriptions that share what their filter covers: each change goes to one of them, in turn, and past those that have
 * no room while others have (MQTT 5 §4.8.2). Safe on any thread.
 */
final class SharedGroup {

    /** The groups of an engine. */
    static final class Registry {

        private record Key(String name, String filter) {}

        private final ConcurrentMap<Key, SharedGroup> groups = new ConcurrentHashMap<>();

        /** The group of this name and filter, for one more member. */
        SharedGroup join(String name, String filter) {
            return groups.compute(new Key(name, filter), (key, there) -> {
                SharedGroup group = there == null ? new SharedGroup(key) : there;
                group.members++;
                return group;
            });
        }

        /** One member less. */
        void leave(SharedGroup group) {
            groups.computeIfPresent(group.key, (key, there) -> {
                there.members--;
                return there.members == 0 ? null : there;
            });
        }
    }

    private final Registry.Key key;
    private final AtomicInteger turn = new AtomicInteger();

    /** Guarded by the map that the group is in. */
    private int members;

    private SharedGroup(Registry.Key key) {
        this.key = key;
    }

    /** Whose turn it is among so many. */
    int next(int count) {
        return Math.floorMod(turn.getAndIncrement(), count);
    }

    @Override
    public String toString() {
        return key.name() + "/" + key.filter();
    }
}
