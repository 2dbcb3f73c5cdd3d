// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What says, inside the files themselves, what their last part must be: checksums of the bytes from an address that was on
 * the disk already up to where the seal begins. Written after each batch and before the sync that makes the batch durable. A
 * seal is found by its mark, which is the directory's own random number, without reading any tree.
 *
 * @param segments one after the other, without gaps
 */
record Seal(List<Segment> segments) {

    /** Bytes of the mark. */
    static final int MARK = 16;

    private static final int FORMAT = 1;
    private static final int HEADER = MARK + 1 + 4 + 1;
    private static final int SEGMENT = 8 + 8 + 4;

    /** The most segments of one seal: more batches than can wait to be synced, and fewer than a byte can count. */
    static final int MOST = 100;

    /** A range of the files and the CRC-32C of its bytes. */
    record Segment(long from, long to, int checksum) {}

    Seal {
        segments = List.copyOf(segments);
    }

    /** Where the sealed part ends. */
    long to() {
        return segments.get(segments.size() - 1).to();
    }

    byte[] write(byte[] mark) {
        ByteWriter out = new ByteWriter(HEADER + SEGMENT * segments.size());
        out.raw(mark);
        out.u8(FORMAT);
        out.u32(0);
        out.u8(segments.size());
        for (Segment segment : segments) {
            out.u64(segment.from());
            out.u64(segment.to());
            out.u32(segment.checksum());
        }
        out.u32At(MARK + 1, RowFormat.checksum(mark, out.array(), MARK + 5, out.size()));
        return out.toArray();
    }

    /** All whole seals with this mark in a file's bytes, in their order. */
    static List<Seal> find(byte[] bytes, byte[] mark) {
        List<Seal> seals = new ArrayList<>();
        for (int at = 0; at <= bytes.length - HEADER; at++) {
            if (bytes[at] == mark[0] && Arrays.equals(bytes, at, at + MARK, mark, 0, MARK)) {
                read(bytes, at, mark, seals);
            }
        }
        return seals;
    }

    private static void read(byte[] bytes, int at, byte[] mark, List<Seal> seals) {
        ByteReader in = new ByteReader(bytes, at + MARK, bytes.length);
        if (in.u8() != FORMAT) {
            return;
        }
        int checksum = in.u32();
        int from = in.at();
        int count = in.u8();
        if (count == 0 || in.left() < count * SEGMENT) {
            return;
        }
        List<Segment> segments = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            segments.add(new Segment(in.u64(), in.u64(), in.u32()));
        }
        if (checksum == RowFormat.checksum(mark, bytes, from, in.at())) {
            seals.add(new Seal(segments));
        }
    }
}
