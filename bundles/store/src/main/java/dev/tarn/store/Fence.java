// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps writers out for good once it is unknown what is on the disk: after a failed sync, a page that the operating system
 * dropped may look clean, so that syncing again proves nothing. Reads go on. Safe on any thread.
 */
final class Fence {

    private static final Logger LOG = LoggerFactory.getLogger(Fence.class);

    private final AtomicReference<@Nullable Failure> reason = new AtomicReference<>();

    /** Closes it, the first time. */
    Failure close(String why, Throwable cause) {
        Failure failure = new Failure(
                Failure.Code.UNAVAILABLE, why + ": " + cause.getMessage() + "; nothing is written until a restart");
        if (reason.compareAndSet(null, failure)) {
            LOG.error("store=fenced reason=\"{}\" action=\"check the disk, then restart\"", failure.reason(), cause);
            return failure;
        }
        Failure first = reason.get();
        return first == null ? failure : first;
    }

    /** Why nothing is written, or null. */
    @Nullable
    Failure reason() {
        return reason.get();
    }
}
