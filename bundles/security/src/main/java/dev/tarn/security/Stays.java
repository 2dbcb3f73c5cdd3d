// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.security.Grounds;
import dev.tarn.api.security.User;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who is here, by name and by what he was let in by, so that those can be found whose grounds may hold no longer. Whether
 * they do is looked up on a thread of its own, in which each waits once at most. Safe on any thread; never blocks.
 */
final class Stays implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Stays.class);

    private final Predicate<User> holds;
    private final Map<String, Set<Stay>> byName = new ConcurrentHashMap<>();
    private final Map<String, Set<Stay>> byId = new ConcurrentHashMap<>();
    private final BlockingQueue<Stay> doubtful = new LinkedBlockingQueue<>();
    private final Thread looking;

    /** @param holds whether what the user was let in by holds; blocks */
    Stays(Predicate<User> holds) {
        this.holds = holds;
        this.looking = new Thread(this::look, "tarn-stays");
        looking.setDaemon(true);
        looking.start();
    }

    /** One who is here. */
    private static final class Stay {
        final User user;
        final Runnable gone;

        /** Whether it waits to be looked at. */
        final AtomicBoolean waiting = new AtomicBoolean();

        final AtomicBoolean over = new AtomicBoolean();

        Stay(User user, Runnable gone) {
            this.user = user;
            this.gone = gone;
        }
    }

    /** Somebody is here; looked at once in any case, since something may have changed while he was let in. */
    AutoCloseable begin(User user, Runnable gone) {
        Stay stay = new Stay(user, gone);
        add(byName, user.name(), stay);
        add(byId, key(user.grounds()), stay);
        doubt(stay);
        return () -> {
            stay.over.set(true);
            remove(byName, user.name(), stay);
            remove(byId, key(user.grounds()), stay);
        };
    }

    private static String key(Grounds grounds) {
        return grounds.by() == Grounds.By.TOKEN || grounds.by() == Grounds.By.COOKIE ? grounds.id() : "";
    }

    private static void add(Map<String, Set<Stay>> stays, String key, Stay stay) {
        if (!key.isEmpty()) {
            stays.compute(key, (same, set) -> {
                Set<Stay> all = set == null ? ConcurrentHashMap.newKeySet(1) : set;
                all.add(stay);
                return all;
            });
        }
    }

    private static void remove(Map<String, Set<Stay>> stays, String key, Stay stay) {
        stays.computeIfPresent(key, (same, set) -> {
            set.remove(stay);
            return set.isEmpty() ? null : set;
        });
    }

    /** The user has changed or is gone. */
    void changed(String name) {
        byName.getOrDefault(name, Set.of()).forEach(this::doubt);
    }

    /** The token or the cookie is perhaps not good any more. */
    void ended(String id) {
        byId.getOrDefault(id, Set.of()).forEach(this::doubt);
    }

    private void doubt(Stay stay) {
        if (stay.waiting.compareAndSet(false, true)) {
            doubtful.add(stay);
        }
    }

    private void look() {
        try {
            while (true) {
                Stay stay = doubtful.take();
                // What changes from here on makes it doubtful again.
                stay.waiting.set(false);
                if (!stay.over.get() && !holds(stay.user) && stay.over.compareAndSet(false, true)) {
                    stay.gone.run();
                }
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    /** What cannot be looked up does not hold. */
    private boolean holds(User user) {
        try {
            return holds.test(user);
        } catch (RuntimeException failed) {
            LOG.warn("stay=ended user={} because it cannot be looked at: {}", user.name(), failed.getMessage());
            return false;
        }
    }

    /** Looks no more. */
    @Override
    public void close() {
        looking.interrupt();
    }
}
