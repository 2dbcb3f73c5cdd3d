// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import jetbrains.exodus.env.Cursor;
import jetbrains.exodus.env.Transaction;

/**
 * Counts who refers to contents, and removes those that no row refers to, a few chunks at a time, so that writers do not notice.
 * A content without a reference is in the store of leavings from its first chunk on until a row refers to it, and from the
 * moment that the last row lets it go until it is removed; so what a crash leaves is found without looking for it. What is
 * being read or written stays, the former for a limited time. On the committer thread.
 */
final class ContentCollector {

    /** Chunks that one step removes. */
    private static final int STEP = 128;

    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final byte[] NOTHING = new byte[0];

    private final Database database;
    private final ContentShelf shelf;
    private final ChunkStore chunks;
    private final long patience;

    /** Since when readers keep a content that is to go, by {@link System#nanoTime}. */
    private final Map<Long, Long> kept = new HashMap<>();

    /** What the step has removed, once it is committed. */
    private final List<Long> removed = new ArrayList<>();

    private boolean worked;

    private final AtomicLong collected = new AtomicLong();

    /** @param patience for how long readers keep what no row refers to */
    ContentCollector(Database database, ContentShelf shelf, Duration patience) {
        this.database = database;
        this.shelf = shelf;
        this.chunks = new ChunkStore(database);
        this.patience = patience.toNanos();
    }

    /** A number for a content that comes with its row. */
    long next() {
        return shelf.next();
    }

    /** Whether a row may refer to this content: it is somebody's, or was taken in and not removed. */
    boolean attachable(Transaction transaction, long number) {
        return chunks.references(transaction, number) > 0
                || (Database.get(database.leavings, transaction, Keys.u64(number)) != null && !shelf.condemned(number));
    }

    /** One more row refers to the content. */
    void attach(Transaction transaction, KeptContent content) {
        byte[] bytes = content.bytes();
        long number = content.number();
        if (bytes != null) {
            chunks.write(transaction, number, bytes, 1);
            return;
        }
        int references = chunks.references(transaction, number);
        if (references == 0) {
            Database.delete(database.leavings, transaction, Keys.u64(number));
        }
        chunks.references(transaction, number, references + 1);
    }

    /** One row less refers to the content. */
    void detach(Transaction transaction, long number) {
        int references = chunks.references(transaction, number);
        if (references > 1) {
            chunks.references(transaction, number, references - 1);
            return;
        }
        Database.delete(database.chunks, transaction, ChunkStore.key(number, ChunkStore.REFERENCES));
        leave(transaction, number);
    }

    /** No row refers to the content, yet or any more. */
    void leave(Transaction transaction, long number) {
        Database.put(database.leavings, transaction, Keys.u64(number), NOTHING);
    }

    /** Removes some chunks; false when there was nothing to remove. */
    boolean step(Transaction transaction) {
        removed.clear();
        long end = System.nanoTime() + STEP_NANOS;
        int left = STEP;
        List<Long> waiting = new ArrayList<>();
        try (Cursor cursor = database.leavings.openCursor(transaction)) {
            while (left > 0 && cursor.getNext()) {
                long number = ByteReader.u64(Database.bytes(cursor.getKey()), 0);
                if (removable(number)) {
                    waiting.add(number);
                    left--;
                }
            }
        }
        left = STEP;
        for (long number : waiting) {
            while (left > 0 && System.nanoTime() - end < 0 && remove(transaction, number)) {
                left--;
            }
            if (left == 0 || System.nanoTime() - end >= 0) {
                break;
            }
            Database.delete(database.leavings, transaction, Keys.u64(number));
            removed.add(number);
        }
        if (waiting.isEmpty() && worked) {
            // The environment's collector looks for work when files are added, and here some have become empty.
            database.environment.gc();
        }
        worked = !waiting.isEmpty();
        return worked;
    }

    /** What the step has done is committed. */
    void committed() {
        for (long number : removed) {
            shelf.removed(number);
            kept.remove(number);
        }
        collected.addAndGet(removed.size());
    }

    /** How many contents were removed. On any thread. */
    long collected() {
        return collected.get();
    }

    /** How many no row refers to, and are here yet. */
    long leaving(Transaction transaction) {
        return database.leavings.count(transaction);
    }

    private boolean removable(long number) {
        if (shelf.condemn(number)) {
            return true;
        }
        if (shelf.isUploading(number)) {
            return false;
        }
        long now = System.nanoTime();
        if (now - kept.computeIfAbsent(number, any -> now) < patience) {
            return false;
        }
        shelf.revoke(number);
        return true;
    }

    /** Removes the first chunk that is left; false when there is none. */
    private boolean remove(Transaction transaction, long number) {
        try (Cursor cursor = database.chunks.openCursor(transaction)) {
            if (cursor.getSearchKeyRange(Database.of(ChunkStore.key(number, 0))) == null) {
                return false;
            }
            byte[] key = Database.bytes(cursor.getKey());
            return ByteReader.u64(key, 0) == number && cursor.deleteCurrent();
        }
    }
}
