// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * What has been written since the last seal, and its checksums: one for each file, so that what a seal says can be checked when
 * other files are gone. It begins with the file that was there when the store was opened, whose end no seal covers. Written under by whichever thread commits, taken by the
 * committer thread: each call holds the monitor, a few nanoseconds when nobody else wants it.
 */
final class WrittenRange {

    /** Files that are checked for themselves; what is large is one range with those that follow. */
    private static final int MOST = 16;

    private final List<Seal.Segment> finished = new ArrayList<>();
    private final CRC32C crc = new CRC32C();
    private long from = -1;
    private long to = -1;

    /** The checksum does not count any more, since the end was moved back. */
    private boolean recompute;

    /** Reads part of the files. */
    interface Files {
        /** The CRC-32C of the bytes from one address up to another. */
        int checksum(long from, long to) throws IOException;
    }

    /** Writing goes on at the end of this file. */
    synchronized void at(long file, long length) {
        long address = file + length;
        if (from < 0) {
            from = file;
            recompute = length > 0;
        } else if (address != to) {
            recompute = true;
            from = Math.min(finished.isEmpty() ? from : finished.get(0).from(), address);
            finished.clear();
        } else if (length == 0 && to > from && !recompute && finished.size() < MOST) {
            finish((int) crc.getValue());
        }
        to = address;
    }

    private void finish(int checksum) {
        finished.add(new Seal.Segment(from, to, checksum));
        crc.reset();
        recompute = false;
        from = to;
    }

    synchronized void add(byte[] bytes, int offset, int count) {
        crc.update(bytes, offset, count);
        to += count;
    }

    /** Where writing goes on. */
    synchronized long end() {
        return to;
    }

    /** Everything since the last call, in order; may be empty. */
    synchronized List<Seal.Segment> take(Files files) throws IOException {
        if (to > from) {
            finish(recompute ? files.checksum(from, to) : (int) crc.getValue());
        }
        List<Seal.Segment> taken = List.copyOf(finished);
        finished.clear();
        return taken;
    }
}
