// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Found;
import dev.tarn.api.resource.Terms;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Removes the rows that a search finds, so many at a time, each under the condition that it is still as it was found; one
 * that was changed or removed meanwhile is somebody else's. Signals come on workers and on the sync thread.
 */
final class Removal implements Flow.Subscriber<Row> {

    /** Rows whose removal is under way at once. */
    private static final int WINDOW = 256;

    /** How one row is removed. */
    interface Way {
        CompletionStage<Commit> delete(Context context, Path path, Terms terms);
    }

    private final Way way;
    private final Context context;
    private final CompletableFuture<Long> done = new CompletableFuture<>();
    private final AtomicLong removed = new AtomicLong();

    /** Removals under way, and one for the search itself. */
    private final AtomicInteger underway = new AtomicInteger(1);

    private final AtomicBoolean failed = new AtomicBoolean();

    /** Written before the first request, and so before any other signal. */
    private Flow.@Nullable Subscription rows;

    Removal(Way way, Context context) {
        this.way = way;
        this.context = context;
    }

    /** How many rows were removed, once all of them are. */
    CompletionStage<Long> of(Found found) {
        found.rows().subscribe(this);
        return done;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        rows = subscription;
        subscription.request(WINDOW);
    }

    @Override
    public void onNext(Row row) {
        underway.incrementAndGet();
        Terms unchanged = Terms.NONE.expecting(Expectation.at(Set.of(row.version())));
        CompletionStage<Commit> removal;
        try {
            removal = way.delete(context, row.path(), unchanged);
        } catch (RuntimeException refusal) {
            removal = CompletableFuture.failedFuture(refusal);
        }
        removal.whenComplete((commit, failure) -> {
            if (failure == null) {
                removed.addAndGet(commit.changes().size());
            } else if (!changed(failure)) {
                fail(failure);
            }
            if (!failed.get()) {
                Objects.requireNonNull(rows).request(1);
            }
            finished();
        });
    }

    private static boolean changed(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof Failure refusal
                && (refusal.code() == Failure.Code.PRECONDITION || refusal.code() == Failure.Code.CONFLICT);
    }

    private void fail(Throwable failure) {
        if (failed.compareAndSet(false, true)) {
            Objects.requireNonNull(rows).cancel();
            done.completeExceptionally(failure instanceof CompletionException ? failure.getCause() : failure);
        }
    }

    private void finished() {
        if (underway.decrementAndGet() == 0) {
            done.complete(removed.get());
        }
    }

    @Override
    public void onError(Throwable failure) {
        fail(failure);
    }

    @Override
    public void onComplete() {
        finished();
    }
}
