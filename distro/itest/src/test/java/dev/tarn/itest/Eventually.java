// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Waits for what another process will do soon. */
final class Eventually {
    private static final long LOOK_AGAIN_MILLIS = 25;

    private Eventually() {}

    /** Tries until it passes without an exception or failed assertion; fails as the last try did. */
    static <T> T passes(Duration longest, Callable<T> attempt) throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        long end = System.nanoTime() + longest.toNanos();
        while (true) {
            try {
                return attempt.call();
            } catch (Exception | AssertionError failure) {
                if (System.nanoTime() > end || never.await(LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS)) {
                    throw failure;
                }
            }
        }
    }
}
