// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Computes attributes anew in all rows of a table, some rows at a time between what else the workers do. A row is written,
 * and its subscribers are told, only where a value changes; one that somebody else writes meanwhile is computed by that
 * write. It can be cut off at any time and begun again. Progress is for any thread.
 */
final class Recompute {
    private static final Logger LOG = LoggerFactory.getLogger(Recompute.class);
    private static final int ROWS = 200;

    private final Commons commons;
    private final Exported exported;
    private final Set<String> attributes;
    private final Runnable done;
    private final AtomicLong seen = new AtomicLong();
    private final AtomicLong all = new AtomicLong();

    /** @param done is told on a worker when all rows have what is declared */
    Recompute(Commons commons, Exported exported, Set<String> attributes, Runnable done) {
        this.commons = commons;
        this.exported = exported;
        this.attributes = Set.copyOf(attributes);
        this.done = done;
    }

    /** What is being computed. */
    Set<String> attributes() {
        return attributes;
    }

    /** How far it is, from 0 to 99. */
    int percent() {
        return (int) Math.min(99, 100 * seen.get() / Math.max(1, all.get()));
    }

    void begin() {
        commons.workers().read(() -> goOn(null));
    }

    private void goOn(@Nullable Path after) {
        Table table = exported.table();
        List<CompletableFuture<?>> writes = new ArrayList<>();
        Path last = null;
        boolean more;
        try (Snapshot snapshot = commons.store().snapshot();
                Snapshot.Rows rows = snapshot.rows(table, new Snapshot.Range("", after, false))) {
            all.set(snapshot.count(table));
            Row row = rows.next();
            for (int i = 0; row != null && i < ROWS; i++) {
                last = row.path();
                seen.incrementAndGet();
                CompletableFuture<?> write = write(row);
                if (write != null) {
                    writes.add(write);
                }
                row = rows.next();
            }
            more = row != null;
        } catch (RuntimeException failure) {
            LOG.error("rows could not be computed anew, deploy again: table={}", exported.name(), failure);
            return;
        }
        Path end = last;
        CompletableFuture.allOf(writes.toArray(CompletableFuture[]::new)).whenComplete((none, failure) -> {
            if (failure != null) {
                Throwable why = failure instanceof CompletionException ? failure.getCause() : failure;
                LOG.error("rows could not be computed anew, deploy again: table={}", exported.name(), why);
            } else if (more) {
                commons.workers().read(() -> goOn(end));
            } else {
                commons.workers().read(done);
            }
        });
    }

    /** Writes the row if a value changes; null when none does. */
    private @Nullable CompletableFuture<?> write(Row row) {
        Body body = exported.schema().recomputed(row.body());
        if (body == row.body()) {
            return null;
        }
        Draft draft =
                Draft.put(exported.table(), row.path(), body, row.attributes(), Expectation.at(Set.of(row.version())));
        return commons.store()
                .commit(Write.of(draft))
                .handle((commit, failure) -> {
                    Throwable why = failure instanceof CompletionException ? failure.getCause() : failure;
                    boolean changed = why instanceof Failure refusal && refusal.code() == Failure.Code.PRECONDITION;
                    if (why != null && !changed) {
                        throw new CompletionException(why);
                    }
                    return Map.of();
                })
                .toCompletableFuture();
    }
}
