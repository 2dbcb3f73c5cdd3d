// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import dev.tarn.api.store.Upload;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Lets contents in: so many at once, so many chunks of all together on their way to the disk, and none that would fill it. Safe on
 * any thread.
 */
final class Intake {

    /** What uploads leave free on the disk, so that rows can still be written. */
    static final long RESERVE = 64L << 20;

    private static final long AGAIN_MILLIS = 20;
    private static final int MOST_AGAIN = 500;

    private final WriteQueue writes;
    private final ContentShelf shelf;
    private final Database database;
    private final Limits limits;
    private final AtomicInteger uploads = new AtomicInteger();
    private final LongAdder taken = new LongAdder();
    private final AtomicInteger underway = new AtomicInteger();
    private final Queue<Sending> waiting = new ConcurrentLinkedQueue<>();
    private final Executor later = CompletableFuture.delayedExecutor(AGAIN_MILLIS, TimeUnit.MILLISECONDS);

    /**
     * What may come in.
     *
     * @param length of one content
     * @param uploads at once
     * @param chunks of all together that wait for the disk
     * @param patience for how long readers keep what no row refers to
     */
    record Limits(long length, int uploads, int chunks, Duration patience) {}

    private record Sending(ChunkUpload.Piece piece, CompletableFuture<Boolean> stage, int tries) {}

    Intake(Core core, WriteQueue writes, ContentShelf shelf, Limits limits) {
        this.writes = writes;
        this.shelf = shelf;
        this.database = core.database();
        this.limits = limits;
    }

    /** See {@link dev.tarn.api.store.Store#receive}. */
    Upload receive(long length) {
        if (length > limits.length()) {
            throw tooLarge();
        }
        Failure full = full(Math.max(0, length));
        if (full != null) {
            throw full;
        }
        if (uploads.incrementAndGet() > limits.uploads()) {
            uploads.decrementAndGet();
            throw new Failure(
                    Failure.Code.BUSY,
                    "as many contents as may, " + limits.uploads() + ", are being taken in; try again later");
        }
        return new ChunkUpload(this, shelf);
    }

    Failure tooLarge() {
        return new Failure(
                Failure.Code.TOO_LARGE, "a content may have " + limits.length() + " bytes; store.contentLimit says so");
    }

    /** Whether so many bytes are too many. */
    boolean exceeds(long length) {
        return length > limits.length();
    }

    /** Why so many more bytes cannot be taken, or null. */
    private @Nullable Failure full(long more) {
        return database.room() - more < RESERVE
                ? new Failure(Failure.Code.FULL, "the disk has no room for a content like this")
                : null;
    }

    /** An upload has ended. */
    void ended() {
        uploads.decrementAndGet();
    }

    /** How many are coming in. */
    int uploads() {
        return uploads.get();
    }

    /** The most that may at once. */
    int uploadLimit() {
        return limits.uploads();
    }

    /** A content has come in as a whole. */
    void taken() {
        taken.increment();
    }

    /** How many contents have. */
    long contents() {
        return taken.sum();
    }

    /** Puts a piece into the store; completes when it is durable. */
    CompletableFuture<Boolean> send(ChunkUpload.Piece piece) {
        CompletableFuture<Boolean> stage = new CompletableFuture<>();
        waiting.add(new Sending(piece, stage, 0));
        next();
        return stage;
    }

    /** Whether a piece that is sent now would have to wait for those of others. */
    boolean busy() {
        return !waiting.isEmpty();
    }

    private void next() {
        while (underway.incrementAndGet() <= limits.chunks()) {
            Sending sending = waiting.poll();
            if (sending == null) {
                break;
            }
            Failure full = full(ChunkStore.CHUNK);
            if (full == null) {
                pass(sending);
            } else {
                underway.decrementAndGet();
                sending.stage().completeExceptionally(full);
            }
        }
        if (underway.decrementAndGet() < limits.chunks() && !waiting.isEmpty()) {
            // What came, or what left, between the last look and the count going down again.
            next();
        }
    }

    private void pass(Sending sending) {
        writes.add(sending.piece()).whenComplete((done, failure) -> {
            if (failure instanceof Failure refused
                    && refused.code() == Failure.Code.BUSY
                    && sending.tries() < MOST_AGAIN) {
                Sending again = new Sending(sending.piece(), sending.stage(), sending.tries() + 1);
                later.execute(() -> pass(again));
                return;
            }
            underway.decrementAndGet();
            if (failure != null) {
                sending.stage().completeExceptionally(failure);
            } else {
                sending.stage().complete(true);
            }
            next();
        });
    }
}
