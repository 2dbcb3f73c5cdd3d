// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What somebody who waits will be told once the batch is durable: a value or a failure. */
record Answer<T>(
        CompletableFuture<T> stage,
        @Nullable T value,
        @Nullable Throwable failure) {

    void give() {
        if (failure != null) {
            stage.completeExceptionally(failure);
        } else {
            stage.complete(value);
        }
    }

    /** Instead of what was to be said, unless that was a failure already. */
    void refuse(Failure instead) {
        stage.completeExceptionally(failure != null ? failure : instead);
    }
}
