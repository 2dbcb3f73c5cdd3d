// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import java.util.List;

/**
 * An entry of the log: format, checksum over key and value, kind, flags, the change's place in its commit and the commit's
 * size, timestamp, version, previous version, expiry if there is one, table number, path, what the row had beside it, payload. The key is the sequence.
 */
final class LogFormat {

    static final int FORMAT = 1;

    private static final Kind[] KINDS = Kind.values();

    private LogFormat() {}

    /**
     * Where a change is in its commit.
     *
     * @param index from 0
     * @param count the changes of the commit
     */
    record Place(int index, int count) {
        boolean last() {
            return index == count - 1;
        }
    }

    /** When, and which version replaced which. */
    record Stamp(long timestamp, long version, long previous, long expiresAt) {}

    /**
     * An entry as it is on the disk, but for its payload.
     *
     * @param sequence the change's own
     * @param flags as in a row
     * @param table the table's number
     * @param contents what the row had beside it, which may be gone
     */
    record Entry(
            long sequence,
            Kind kind,
            int flags,
            Place place,
            Stamp stamp,
            int table,
            String path,
            List<KeptContent> contents) {

        /** With nothing beside the row. */
        Entry(long sequence, Kind kind, int flags, Place place, Stamp stamp, int table, String path) {
            this(sequence, kind, flags, place, stamp, table, path, List.of());
        }
    }

    /** The key of the log's index by path: table number, path, sequence. */
    static byte[] pathKey(int table, Path path, long sequence) {
        byte[] text = Keys.id(path.text());
        ByteWriter out = new ByteWriter(12 + text.length);
        out.u32(table);
        out.raw(text);
        out.u64(sequence);
        return out.array();
    }

    @SuppressWarnings("EnumOrdinal") // Kind promises that its order never changes.
    static byte[] write(Entry entry, Payload payload) {
        ByteWriter out = new ByteWriter(80 + entry.path().length() + payload.bytes().length);
        out.u8(FORMAT);
        out.u32(0);
        out.u8(entry.kind().ordinal());
        out.u8(entry.flags());
        out.varint(entry.place().index());
        out.varint(entry.place().count());
        out.u64(entry.stamp().timestamp());
        out.u64(entry.stamp().version());
        out.u64(entry.stamp().previous());
        if (RowFormat.expires(entry.flags())) {
            out.u64(entry.stamp().expiresAt());
        }
        out.varint(entry.table());
        out.text(entry.path());
        if (!entry.contents().isEmpty()) {
            KeptContent.write(out, entry.contents());
        }
        out.raw(payload.bytes());
        out.u32At(1, RowFormat.checksum(Keys.u64(entry.sequence()), out.array(), 5, out.size()));
        return out.toArray();
    }

    /** Reads an entry; the reader is then at the payload's attributes. */
    static Entry read(long sequence, ByteReader in) {
        int format = in.u8();
        if (format != FORMAT) {
            throw new DamagedException("log entry " + sequence + " has format " + format);
        }
        int checksum = in.u32();
        if (checksum != RowFormat.checksum(Keys.u64(sequence), in.array(), in.at(), in.at() + in.left())) {
            throw new DamagedException("the checksum of log entry " + sequence + " differs");
        }
        int kind = in.u8();
        if (kind >= KINDS.length) {
            throw new DamagedException("no kind has the number " + kind);
        }
        int flags = RowFormat.knownFlags(in.u8());
        Place place = new Place(in.count(), in.count());
        long timestamp = in.u64();
        long version = in.u64();
        long previous = in.u64();
        long expiresAt = RowFormat.expires(flags) ? in.u64() : 0;
        Stamp stamp = new Stamp(timestamp, version, previous, expiresAt);
        int table = in.count();
        String path = in.text();
        List<KeptContent> contents = RowFormat.contents(flags, in);
        return new Entry(sequence, KINDS[kind], flags, place, stamp, table, path, contents);
    }

    /** What an entry of this size, chunks included, costs on the disk with its key and its share of indexes. */
    static long weight(long size) {
        return size + 32;
    }
}
