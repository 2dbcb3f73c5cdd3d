// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Content;
import dev.tarn.api.data.Failure;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import jetbrains.exodus.env.Transaction;

/**
 * Contents beside rows: gives numbers, reads chunks, and knows who needs contents that no row refers to. Nobody holds a
 * transaction for longer than one read, so a slow reader keeps one content and no more of the files. Safe on any thread.
 */
final class ContentShelf {

    /** Numbers of contents begin here; those of chunked values are versions, which are smaller. */
    static final long FIRST = 1L << 62;

    /** Nobody may begin to read it any more. */
    private static final Integer CONDEMNED = -1;

    private final Database database;
    private final OpenSnapshots snapshots;

    /** How many read or write a content, by its number; only those that somebody does. */
    private final Map<Long, Integer> pins = new ConcurrentHashMap<>();

    /** Contents that are being taken in. */
    private final Set<Long> uploading = ConcurrentHashMap.newKeySet();

    private final AtomicLong last = new AtomicLong(FIRST);

    ContentShelf(Database database, OpenSnapshots snapshots) {
        this.database = database;
        this.snapshots = snapshots;
    }

    /** Numbers up to this one were given before. */
    void numbered(long number) {
        last.accumulateAndGet(number, Math::max);
    }

    /** A number that no content has or had. */
    long next() {
        return last.incrementAndGet();
    }

    /** The content as readers get it. */
    Content content(KeptContent kept) {
        return new Stored(kept.number(), kept.length(), kept.mediaType());
    }

    /** Keeps a content; false when it is being removed. */
    boolean pin(long number) {
        Integer pinned = pins.compute(number, (any, count) -> count == null ? 1 : count < 0 ? count : count + 1);
        return pinned != null && pinned > 0;
    }

    /** Lets a content go that was kept. */
    void unpin(long number) {
        pins.computeIfPresent(number, (any, count) -> count < 0 ? count : count == 1 ? null : count - 1);
    }

    /** The content is being taken in. */
    void uploading(long number) {
        uploading.add(number);
        pin(number);
    }

    /** The content has been taken in, or never will be. */
    void uploaded(long number) {
        uploading.remove(number);
        unpin(number);
    }

    boolean isUploading(long number) {
        return uploading.contains(number);
    }

    /** Whether the content may be removed; nobody can keep it from then on. On the committer thread. */
    boolean condemn(long number) {
        return CONDEMNED.equals(pins.compute(number, (any, count) -> count == null ? CONDEMNED : count));
    }

    /** Takes a content from those who still need it. */
    void revoke(long number) {
        pins.put(number, CONDEMNED);
    }

    boolean condemned(long number) {
        return CONDEMNED.equals(pins.get(number));
    }

    /** The content has been removed. */
    void removed(long number) {
        pins.remove(number);
    }

    /** How many contents are being read or written. */
    int pinned() {
        return pins.size();
    }

    /** A content in chunks. */
    private final class Stored implements Content {
        private final long number;
        private final long length;
        private final String mediaType;

        Stored(long number, long length, String mediaType) {
            this.number = number;
            this.length = length;
            this.mediaType = mediaType;
        }

        @Override
        public String mediaType() {
            return mediaType;
        }

        @Override
        public long length() {
            return length;
        }

        @Override
        public Reader open() {
            if (!pin(number)) {
                throw gone();
            }
            return new Pinned(this);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Stored that && number == that.number;
        }

        @Override
        public int hashCode() {
            return Long.hashCode(number);
        }

        @Override
        public String toString() {
            return mediaType + " of " + length + " bytes";
        }
    }

    /** The number of a content that is in this store; 0 for another. */
    static long number(Content content) {
        return content instanceof Stored stored ? stored.number : 0;
    }

    private static Failure gone() {
        return new Failure(Failure.Code.NOT_FOUND, "the content has been replaced or removed since its row was read");
    }

    private final class Pinned implements Content.Reader {
        private final Stored content;
        private boolean closed;

        Pinned(Stored content) {
            this.content = content;
        }

        @Override
        public byte[] read(long from, int most) {
            int wanted = (int) Math.max(0, Math.min(most, content.length - from));
            if (wanted == 0 || closed) {
                return new byte[0];
            }
            OpenSnapshots.Reader reading = snapshots.enter();
            try {
                return bytes(from, wanted);
            } catch (Failure e) {
                throw e;
            } catch (RuntimeException e) {
                return database.again("a content of " + content.length + " bytes", e, () -> bytes(from, wanted));
            } finally {
                reading.run();
            }
        }

        private byte[] bytes(long from, int wanted) {
            Transaction transaction = database.environment.beginReadonlyTransaction();
            try {
                return bytes(transaction, from, wanted);
            } finally {
                transaction.abort();
            }
        }

        private byte[] bytes(Transaction transaction, long from, int wanted) {
            byte[] bytes = new byte[wanted];
            int done = 0;
            while (done < wanted) {
                long at = from + done;
                int place = (int) (at / ChunkStore.CHUNK);
                int skipped = (int) (at % ChunkStore.CHUNK);
                byte[] chunk = chunk(transaction, place);
                int part = Math.min(wanted - done, chunk.length - ChunkStore.CHECKSUM - skipped);
                System.arraycopy(chunk, ChunkStore.CHECKSUM + skipped, bytes, done, part);
                done += part;
            }
            return bytes;
        }

        private byte[] chunk(Transaction transaction, int place) {
            byte[] value = Database.get(database.chunks, transaction, ChunkStore.key(content.number, place));
            if (value == null) {
                if (!known(transaction, content.number)) {
                    throw gone();
                }
                throw new DamagedException("chunk " + place + " is missing");
            }
            int length = ChunkStore.length(content.number, place, value);
            if (length != Math.min(ChunkStore.CHUNK, content.length - (long) place * ChunkStore.CHUNK)) {
                throw new DamagedException("chunk " + place + " has " + length + " bytes");
            }
            return value;
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                unpin(content.number);
            }
        }
    }

    /** Whether a row refers to it, or it waits to be removed. */
    private boolean known(Transaction transaction, long number) {
        byte[] references = ChunkStore.key(number, ChunkStore.REFERENCES);
        return (Database.get(database.chunks, transaction, references) != null
                        || Database.get(database.leavings, transaction, Keys.u64(number)) != null)
                && !condemned(number);
    }

    /** The greatest number that is in the files. */
    static long greatest(Database database, Transaction transaction) {
        long greatest = FIRST;
        try (var chunks = database.chunks.openCursor(transaction);
                var leavings = database.leavings.openCursor(transaction)) {
            if (chunks.getLast()) {
                greatest = Math.max(greatest, ByteReader.u64(Database.bytes(chunks.getKey()), 0));
            }
            if (leavings.getLast()) {
                greatest = Math.max(greatest, ByteReader.u64(Database.bytes(leavings.getKey()), 0));
            }
        }
        return greatest;
    }
}
