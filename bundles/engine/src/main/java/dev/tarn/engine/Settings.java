// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.engine.query.Limits;
import java.time.Clock;
import java.time.Duration;

/**
 * The engine's limits, checked.
 *
 * @param threads of the worker pool
 * @param queued tasks that may wait for a worker
 * @param mailboxChanges that a mailbox holds for a subscriber without credit
 * @param mailboxBytes as mailboxChanges, in bytes of bodies and bookkeeping
 * @param subscriptions per mailbox
 * @param loopChanges waiting for one event loop above which publishers are held back
 * @param loopBytes as loopChanges, in bytes
 * @param refuseUnmapped whether paths that no exported table answers for are refused
 * @param clock what the time is
 * @param queries what a query may take
 * @param applicationThreads for what applications bring
 */
record Settings(
        int threads,
        int queued,
        int mailboxChanges,
        long mailboxBytes,
        int subscriptions,
        int loopChanges,
        long loopBytes,
        boolean refuseUnmapped,
        Clock clock,
        Limits queries,
        int applicationThreads) {

    /** At the hard limit a loop takes no more: this many times what holds publishers back. */
    static final int HARD = 4;

    Settings {
        atLeast("queue", queued, 16);
        atLeast("mailbox.changes", mailboxChanges, 1);
        atLeast("mailbox.bytes", mailboxBytes, 1_024);
        atLeast("mailbox.subscriptions", subscriptions, 1);
        atLeast("loop.changes", loopChanges, 1);
        atLeast("loop.bytes", loopBytes, 1_024);
        atLeast("threads", threads, 1);
        atLeast("applicationThreads", applicationThreads, 1);
    }

    /** With the usual limits of queries. */
    Settings(
            int threads,
            int queued,
            int mailboxChanges,
            long mailboxBytes,
            int subscriptions,
            int loopChanges,
            long loopBytes,
            boolean refuseUnmapped,
            Clock clock) {
        this(
                threads,
                queued,
                mailboxChanges,
                mailboxBytes,
                subscriptions,
                loopChanges,
                loopBytes,
                refuseUnmapped,
                clock,
                Limits.DEFAULT);
    }

    /** With the usual number of threads for applications. */
    Settings(
            int threads,
            int queued,
            int mailboxChanges,
            long mailboxBytes,
            int subscriptions,
            int loopChanges,
            long loopBytes,
            boolean refuseUnmapped,
            Clock clock,
            Limits queries) {
        this(
                threads,
                queued,
                mailboxChanges,
                mailboxBytes,
                subscriptions,
                loopChanges,
                loopBytes,
                refuseUnmapped,
                clock,
                queries,
                applicationThreads(0));
    }

    static Settings of(Engine.Config config) {
        return new Settings(
                threads(config.threads()),
                config.queue(),
                config.mailbox_changes(),
                config.mailbox_bytes(),
                config.mailbox_subscriptions(),
                config.loop_changes(),
                config.loop_bytes(),
                refusing(config.unmappedPaths()),
                Clock.systemUTC(),
                new Limits(
                        config.query_rows(),
                        Duration.ofSeconds(config.query_seconds()),
                        config.query_memory(),
                        4 * config.query_memory()),
                applicationThreads(config.applicationThreads()));
    }

    private static int threads(int wanted) {
        return wanted == 0 ? Math.max(2, Runtime.getRuntime().availableProcessors()) : wanted;
    }

    private static int applicationThreads(int wanted) {
        return wanted == 0 ? Math.max(8, 4 * Runtime.getRuntime().availableProcessors()) : wanted;
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
