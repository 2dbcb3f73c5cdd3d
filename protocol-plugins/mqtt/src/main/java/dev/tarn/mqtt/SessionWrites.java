// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.store.Draft;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is written of sessions without anybody waiting for it, until the server ends. Safe on any thread. */
final class SessionWrites {

    private static final Logger LOG = LoggerFactory.getLogger(SessionWrites.class);

    private static final long PATIENCE_SECONDS = 3;

    private final SessionTables tables;
    private final ConcurrentMap<Long, CompletableFuture<?>> open = new ConcurrentHashMap<>();
    private final AtomicLong numbers = new AtomicLong();

    SessionWrites(SessionTables tables) {
        this.tables = tables;
    }

    /** Stores something; a failure is logged. */
    CompletableFuture<?> store(List<Draft> drafts) {
        CompletableFuture<?> stored = tables.commit(drafts).toCompletableFuture();
        long number = numbers.incrementAndGet();
        open.put(number, stored);
        stored.whenComplete((commit, failure) -> {
            open.remove(number);
            if (failure != null) {
                LOG.error("a session could not be stored: reason={}", failure.getMessage());
            }
        });
        return stored;
    }

    /** Waits for a few seconds at most until all is stored. */
    void await() {
        await(List.copyOf(open.values()));
    }

    /** Waits for these, a few seconds at most. */
    static void await(List<CompletableFuture<?>> stages) {
        try {
            CompletableFuture.allOf(stages.toArray(new CompletableFuture<?>[0]))
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException unfinished) {
            LOG.warn("sessions may not all be stored: {}", unfinished.toString());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
