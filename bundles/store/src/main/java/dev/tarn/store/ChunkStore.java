// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.util.zip.CRC32C;
import jetbrains.exodus.env.Transaction;

/**
 * The pieces of contents that are too long for one value. A row and its log entry share them; a count of those who still
 * refer to them is kept beside, and the last one takes them away. For the committer thread.
 */
final class ChunkStore {

    /** After all chunks of the same number. */
    static final int REFERENCES = -1;

    /** The length of a chunk; the last one may be shorter. */
    static final int CHUNK = 64 * 1024;

    /** What comes before a chunk's bytes. */
    static final int CHECKSUM = 4;

    private final Database database;

    ChunkStore(Database database) {
        this.database = database;
    }

    /** The key of one chunk: the number, then the place. */
    static byte[] key(long number, int place) {
        byte[] key = new byte[12];
        Keys.u64(key, 0, number);
        for (int i = 0; i < 4; i++) {
            key[8 + i] = (byte) (place >>> (24 - 8 * i));
        }
        return key;
    }

    /** Cuts a content into chunks; it is not copied but for the chunks themselves. */
    void write(Transaction transaction, long number, byte[] content, int references) {
        int place = 0;
        for (int from = 0; from < content.length; from += CHUNK) {
            int length = Math.min(CHUNK, content.length - from);
            byte[] key = key(number, place++);
            Database.put(database.chunks, transaction, key, chunk(key, content, from, length));
        }
        references(transaction, number, references);
    }

    /** A chunk as it is stored. */
    static byte[] chunk(byte[] key, byte[] content, int from, int length) {
        ByteWriter value = new ByteWriter(CHECKSUM + length);
        value.u32(checksum(key, content, from, length));
        value.raw(content, from, length);
        return value.array();
    }

    /** How many refer to these chunks; 0 when nobody does. */
    int references(Transaction transaction, long number) {
        byte[] key = key(number, REFERENCES);
        byte[] count = Database.get(database.chunks, transaction, key);
        return count == null ? 0 : references(key, count);
    }

    /** Says how many refer to these chunks. */
    void references(Transaction transaction, long number, int references) {
        byte[] key = key(number, REFERENCES);
        ByteWriter count = new ByteWriter(8);
        count.u32(0);
        count.u32(references);
        count.u32At(0, RowFormat.checksum(key, count.array(), 4, 8));
        Database.put(database.chunks, transaction, key, count.array());
    }

    /** How many refer to these chunks, as the entry under this key says. */
    static int references(byte[] key, byte[] value) {
        ByteReader in = new ByteReader(value, 0, value.length);
        if (in.u32() != RowFormat.checksum(key, value, 4, value.length)) {
            throw new DamagedException("the checksum of a count of chunks differs");
        }
        return in.u32();
    }

    /** One who referred to these chunks is gone. */
    void release(Transaction transaction, long number) {
        int references = references(transaction, number);
        if (references > 1) {
            references(transaction, number, references - 1);
            return;
        }
        Database.delete(database.chunks, transaction, key(number, REFERENCES));
        for (int i = 0; database.chunks.delete(transaction, Database.of(key(number, i))); i++) {
            // Until there is none left.
        }
    }

    /** Copies a chunk's content and returns where the next one goes. */
    static int copy(long number, int place, byte[] value, byte[] target, int at) {
        int length = length(number, place, value);
        if (length > target.length - at) {
            throw new DamagedException("chunk " + place + " of " + number + " has " + value.length + " bytes");
        }
        System.arraycopy(value, CHECKSUM, target, at, length);
        return at + length;
    }

    /** The length of a chunk's content, which is checked. */
    static int length(long number, int place, byte[] value) {
        int length = value.length - CHECKSUM;
        if (length <= 0) {
            throw new DamagedException("chunk " + place + " of " + number + " has " + value.length + " bytes");
        }
        if (ByteReader.u32(value, 0) != checksum(key(number, place), value, CHECKSUM, length)) {
            throw new DamagedException("the checksum of chunk " + place + " of " + number + " differs");
        }
        return length;
    }

    private static int checksum(byte[] key, byte[] bytes, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(key, 0, key.length);
        crc.update(bytes, from, length);
        return (int) crc.getValue();
    }
}
