// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import jetbrains.exodus.env.EnvironmentClosedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says what it means to a reader when the disk does not give back what was written: it refuses, which may pass, or it gives
 * something else, which does not. Whatever else can be read is served. Counts, and logs no more often than every ten seconds,
 * since a sector may be asked for thousands of times a second. Safe on any thread.
 */
final class ReadFaults {

    private static final Logger LOG = LoggerFactory.getLogger(ReadFaults.class);

    private static final Pattern CONTROL = Pattern.compile("[\\p{Cntrl}\"]");

    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** How long after the last one an operator is still told. */
    private static final long RECENT_NANOS = TimeUnit.MINUTES.toNanos(5);

    private final AtomicLong count = new AtomicLong();
    private final AtomicReference<@Nullable Fault> latest = new AtomicReference<>();

    /** Not before this moment. */
    private final AtomicLong logAt = new AtomicLong(System.nanoTime());

    private record Fault(String reason, long at) {}

    /** What whoever wanted to read this is told: UNAVAILABLE, always. */
    Failure failure(String what, Throwable why) {
        if (why instanceof EnvironmentClosedException) {
            return new Failure(Failure.Code.UNAVAILABLE, "the store is stopped");
        }
        String disk = refusal(why);
        Failure failure = new Failure(
                Failure.Code.UNAVAILABLE,
                disk != null
                        ? what + " cannot be read from the disk (" + disk + "); try again later, and check the disk"
                        : what + " is damaged on the disk (" + why.getMessage() + "); restore it from a backup");
        long failed = count.incrementAndGet();
        long now = System.nanoTime();
        latest.set(new Fault(failure.reason(), now));
        long at = logAt.get();
        if (now - at >= 0 && logAt.compareAndSet(at, now + QUIET_NANOS)) {
            log(failure, failed, disk, why);
        }
        return failure;
    }

    private static void log(Failure failure, long failed, @Nullable String disk, Throwable why) {
        // A path is the client's text.
        String reason = CONTROL.matcher(failure.reason()).replaceAll("?");
        if (disk != null) {
            LOG.error(
                    "read=failed reads_failed={} reason=\"{}\" action=\"check the disk; what else it has is served\"",
                    failed,
                    reason);
        } else {
            LOG.error(
                    "read=failed reads_failed={} reason=\"{}\" action=\"run tarn verify, restore a backup; what else is there is served\"",
                    failed,
                    reason,
                    why);
        }
    }

    /** The words of the operating system when it was the one that refused, or null. */
    private static @Nullable String refusal(Throwable why) {
        for (Throwable cause = why; cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException) {
                return String.valueOf(cause.getMessage());
            }
        }
        return null;
    }

    /** How many reads have failed since the start. */
    long count() {
        return count.get();
    }

    /** The last one, if that was lately. */
    Optional<String> recent() {
        Fault fault = latest.get();
        return fault == null || System.nanoTime() - fault.at() > RECENT_NANOS
                ? Optional.empty()
                : Optional.of(fault.reason());
    }
}
