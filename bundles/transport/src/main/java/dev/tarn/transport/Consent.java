// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.api.data.Filter;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Resources;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** Asks applications before subscriptions begin. */
public final class Consent {
    private Consent() {}

    /**
     * Goes on once every application that has a say in one of the filters lets it be subscribed to: at once where none has.
     *
     * @param loop that this is called on, and where it goes on
     * @param then goes on
     * @param otherwise is told why not
     */
    public static void ask(
            Resources resources,
            Context context,
            List<Filter> filters,
            Executor loop,
            Runnable then,
            Consumer<Throwable> otherwise) {
        CompletableFuture<?>[] asked = filters.stream()
                .map(filter -> resources.admit(context, filter).toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new);
        CompletableFuture<Void> all = CompletableFuture.allOf(asked);
        if (all.isDone() && !all.isCompletedExceptionally()) {
            then.run();
            return;
        }
        all.whenComplete((done, failure) -> loop.execute(() -> {
            if (failure != null) {
                otherwise.accept(
                        failure instanceof CompletionException && failure.getCause() != null
                                ? failure.getCause()
                                : failure);
                return;
            }
            try {
                then.run();
            } catch (RuntimeException thrown) {
                otherwise.accept(thrown);
            }
        }));
    }
}
