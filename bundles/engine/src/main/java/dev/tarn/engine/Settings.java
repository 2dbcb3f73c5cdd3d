// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import java.time.Clock;

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
        Clock clock) {

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
                Clock.systemUTC());
    }

    private static int threads(int wanted) {
        return wanted == 0 ? Math.max(2, Runtime.getRuntime().availableProcessors()) : wanted;
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
