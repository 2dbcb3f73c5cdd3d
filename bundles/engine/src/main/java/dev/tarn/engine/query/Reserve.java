// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Failure;
import java.util.concurrent.atomic.AtomicLong;

/** Memory that all queries together may hold. Safe on any thread. */
final class Reserve {

    private final AtomicLong left;

    Reserve(long bytes) {
        this.left = new AtomicLong(bytes);
    }

    /**
     * Takes so many bytes, or gives them back if negative.
     *
     * @throws Failure BUSY, with nothing taken, when there is no more
     */
    void take(long bytes) {
        if (left.addAndGet(-bytes) < 0 && bytes > 0) {
            left.addAndGet(bytes);
            throw new Failure(Failure.Code.BUSY, "too many queries sort at once, try again");
        }
    }

    long left() {
        return left.get();
    }
}
