// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Store;
import dev.tarn.api.store.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes the oldest rows of a table that takes up too much. What one row takes up is what the oldest ones do on average. On a
 * thread of its own, which ends when it has nothing to do.
 */
final class AuditTrimmer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(AuditTrimmer.class);

    /** Rows after which the size is looked at again, and that are removed at once. */
    static final int PORTION = 1_000;

    /** A row beside its body: key, attributes, what the store needs. */
    private static final int AROUND = 100;

    private static final long PATIENCE_SECONDS = 60;

    private final Store store;
    private final Table table;
    private final long most;
    private final ThreadPoolExecutor thread;

    AuditTrimmer(Store store, Table table, long most) {
        this.store = store;
        this.table = table;
        this.most = most;
        this.thread = new ThreadPoolExecutor(1, 1, 5, TimeUnit.SECONDS, new LinkedBlockingQueue<>(1), task -> {
            Thread made = new Thread(task, "tarn-audit");
            made.setDaemon(true);
            return made;
        });
        thread.allowCoreThreadTimeOut(true);
    }

    /** Looks at the size soon. Never blocks. */
    void wake() {
        try {
            thread.execute(this::trim);
        } catch (RejectedExecutionException already) {
            LOG.trace("audit=trimming-already");
        }
    }

    /** Removes portions until the rest fits. */
    private void trim() {
        try {
            while (!thread.isShutdown() && portion()) {
                LOG.debug("audit=trimmed rows={}", PORTION);
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException | Failure failed) {
            LOG.warn("audit=not-trimmed reason=\"{}\"", failed.getMessage());
        }
    }

    private boolean portion() throws InterruptedException, ExecutionException, TimeoutException {
        List<Draft> oldest = new ArrayList<>(PORTION);
        long count;
        long bytes = 0;
        try (Snapshot snapshot = store.snapshot();
                Snapshot.Rows rows = snapshot.rows(table, Snapshot.Range.ALL)) {
            count = snapshot.count(table);
            // A quarter at most is removed at once, where rows are large.
            for (Row row = rows.next();
                    row != null && oldest.size() < PORTION && bytes <= most / 4;
                    row = rows.next()) {
                bytes += AROUND + row.body().as(Bodies.CBOR).bytes().length;
                oldest.add(Draft.delete(table, row.path(), Attributes.NONE, Expectation.ANYTHING));
            }
        }
        if (oldest.isEmpty() || bytes / oldest.size() * count <= most) {
            return false;
        }
        store.commit(new Write(oldest, List.of())).toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        return true;
    }

    @Override
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("audit=still-trimming");
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }
}
