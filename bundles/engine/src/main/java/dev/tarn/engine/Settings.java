// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.engine.query.Limits;
import java.time.Clock;
import java.time.Duration;

/**
 * The engine's limits, checked.
 *
 * @param mailboxes what each of them holds for a subscriber without credit
 * @param loops what may wait for an event loop; above it publishers are held back
 * @param refuseUnmapped whether paths that no exported table answers for are refused
 * @param clock what the time is
 * @param queries what a query may take
 */
record Settings(
        Threads threads,
        MailboxBounds mailboxes,
        LoopBounds loops,
        boolean refuseUnmapped,
        Clock clock,
        Limits queries) {

    /** At the hard limit a loop takes no more: this many times what holds publishers back. */
    static final int HARD = 4;

    /**
     * Where work is done.
     *
     * @param workers in the worker pool
     * @param queued tasks that may wait for a worker
     * @param applications for what applications bring
     */
    record Threads(int workers, int queued, int applications) {
        Threads {
            atLeast("threads", workers, 1);
            atLeast("queue", queued, 16);
            atLeast("applicationThreads", applications, 1);
        }
    }

    /**
     * The bounds of a mailbox.
     *
     * @param changes that it holds
     * @param bytes as changes, in bytes of bodies and bookkeeping
     */
    record MailboxBounds(int changes, long bytes, int subscriptions) {
        MailboxBounds {
            atLeast("mailbox.changes", changes, 1);
            atLeast("mailbox.bytes", bytes, 1_024);
            atLeast("mailbox.subscriptions", subscriptions, 1);
        }
    }

    /** The bounds of what waits for one event loop, in changes and in bytes. */
    record LoopBounds(int changes, long bytes) {
        LoopBounds {
            atLeast("loop.changes", changes, 1);
            atLeast("loop.bytes", bytes, 1_024);
        }
    }

    static Settings of(Engine.Config config) {
        return of(config, Clock.systemUTC());
    }

    static Settings of(Engine.Config config, Clock clock) {
        return new Settings(
                new Threads(
                        threads(config.threads(), 2, 1), config.queue(), threads(config.applicationThreads(), 8, 4)),
                new MailboxBounds(config.mailbox_changes(), config.mailbox_bytes(), config.mailbox_subscriptions()),
                new LoopBounds(config.loop_changes(), config.loop_bytes()),
                refusing(config.unmappedPaths()),
                clock,
                new Limits(
                        config.query_rows(),
                        Duration.ofSeconds(config.query_seconds()),
                        config.query_memory(),
                        4 * config.query_memory()));
    }

    /** As many as are wanted; where that is 0, so many for each processor, and not fewer than the least. */
    private static int threads(int wanted, int least, int each) {
        return wanted == 0 ? Math.max(least, each * Runtime.getRuntime().availableProcessors()) : wanted;
    }

    private static boolean refusing(String unmappedPaths) {
        return switch (unmappedPaths) {
            case "accept" -> false;
            case "refuse" -> true;
            default ->
                throw new IllegalArgumentException("unmappedPaths is accept or refuse, not \"" + unmappedPaths + "\"");
        };
    }

    private static void atLeast(String key, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(key + " is " + value + ", but must be at least " + least);
        }
    }
}
