// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Content;
import dev.tarn.api.data.Failure;
import dev.tarn.api.store.Upload;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import jetbrains.exodus.env.Transaction;
import org.jspecify.annotations.Nullable;

/**
 * Cuts one content into chunks and sends them to the committer, a few ahead of what is durable. Its first chunk comes with a word
 * that nobody refers to it. The caller's thread and the sync thread share what the monitor guards; nothing is called under it.
 */
final class ChunkUpload implements Upload {

    /** Chunks on their way to the disk. */
    private static final int WINDOW = 8;

    private static final CompletableFuture<Void> GO_ON = CompletableFuture.completedFuture(null);

    private final Intake intake;
    private final ContentShelf shelf;
    private final long number;
    private byte[] chunk = new byte[ChunkStore.CHUNK];
    private int filled;
    private int places;
    private long length;
    private int underway;
    private boolean sealed;
    private boolean closed;
    private boolean released;
    private @Nullable Throwable failure;
    private @Nullable CompletableFuture<Void> room;
    private @Nullable CompletableFuture<Void> all;

    /** A chunk to be put in place; the first of a content says so. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    record Piece(long number, boolean first, byte @Nullable [] key, byte @Nullable [] value) {

        /** On the committer thread. */
        void put(Database database, ContentCollector collector, Transaction transaction) {
            if (first) {
                collector.leave(transaction, number);
            }
            byte[] at = key;
            byte[] bytes = value;
            if (at != null && bytes != null) {
                Database.put(database.chunks, transaction, at, bytes);
            }
        }
    }

    ChunkUpload(Intake intake, ContentShelf shelf) {
        this.intake = intake;
        this.shelf = shelf;
        this.number = shelf.next();
        shelf.uploading(number);
    }

    @Override
    public CompletionStage<Void> add(ByteBuffer bytes) {
        synchronized (this) {
            if (closed || failure != null) {
                return CompletableFuture.failedStage(failure != null ? failure : given());
            }
        }
        length += bytes.remaining();
        if (intake.exceeds(length)) {
            return CompletableFuture.failedStage(intake.tooLarge());
        }
        while (bytes.hasRemaining()) {
            int part = Math.min(bytes.remaining(), chunk.length - filled);
            bytes.get(chunk, filled, part);
            filled += part;
            if (filled == chunk.length) {
                send();
            }
        }
        synchronized (this) {
            if (failure != null) {
                return CompletableFuture.failedStage(failure);
            }
            if (underway < WINDOW && !(underway > 0 && intake.busy())) {
                return GO_ON;
            }
            room = new CompletableFuture<>();
            return room;
        }
    }

    /** Sends what has been gathered. */
    private void send() {
        byte[] key = ChunkStore.key(number, places);
        byte[] value = filled == 0 ? null : ChunkStore.chunk(key, chunk, 0, filled);
        Piece piece = new Piece(number, places == 0, key, value);
        places++;
        filled = 0;
        synchronized (this) {
            if (failure != null || closed) {
                return;
            }
            underway++;
        }
        intake.send(piece).whenComplete((done, thrown) -> arrived(thrown));
    }

    /** A piece is durable, or never will be. */
    private void arrived(@Nullable Throwable thrown) {
        CompletableFuture<Void> waiting;
        CompletableFuture<Void> ending = null;
        Throwable why;
        synchronized (this) {
            underway--;
            if (failure == null && thrown != null) {
                failure =
                        thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
            }
            why = failure;
            waiting = room;
            room = null;
            if (why != null || (underway == 0 && sealed)) {
                ending = all;
                all = null;
            }
        }
        // Completing it wakes whoever adds, which never does so under the monitor.
        settle(waiting, why);
        settle(ending, why);
        release();
    }

    private static void settle(@Nullable CompletableFuture<Void> stage, @Nullable Throwable why) {
        if (stage != null && why != null) {
            stage.completeExceptionally(why);
        } else if (stage != null) {
            stage.complete(null);
        }
    }

    @Override
    public CompletionStage<Content> finish(String mediaType) {
        if (filled > 0 || places == 0) {
            send();
        }
        CompletableFuture<Void> durable = new CompletableFuture<>();
        boolean now;
        Throwable why;
        synchronized (this) {
            sealed = true;
            now = underway == 0 || failure != null;
            why = failure;
            if (!now) {
                all = durable;
            }
        }
        if (now) {
            settle(durable, why);
        }
        KeptContent kept = new KeptContent(Content.WHOLE, number, length, mediaType, null);
        return durable.thenApply(done -> {
            intake.taken();
            return shelf.content(kept);
        });
    }

    @Override
    public void close() {
        CompletableFuture<Void> ending;
        CompletableFuture<Void> waiting;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            chunk = new byte[0];
            ending = all;
            waiting = room;
            all = null;
            room = null;
        }
        settle(ending, given());
        settle(waiting, given());
        release();
    }

    private static Failure given() {
        return new Failure(Failure.Code.UNAVAILABLE, "the upload was given up");
    }

    /** Lets the content go once nothing of it is on its way any more: only then may it be removed. */
    private void release() {
        synchronized (this) {
            if (!closed || underway > 0 || released) {
                return;
            }
            released = true;
        }
        shelf.uploaded(number);
        intake.ended();
    }
}
