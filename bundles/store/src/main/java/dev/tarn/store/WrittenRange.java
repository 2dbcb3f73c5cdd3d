// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.io.IOException;
import java.util.zip.CRC32C;

/**
 * What has been written since the last seal, and its checksum. Written under by whichever thread commits, taken by the
 * committer thread: each call holds the monitor, a few nanoseconds when nobody else wants it.
 */
final class WrittenRange {

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

    /** Writing goes on at this address. */
    synchronized void at(long address) {
        if (from < 0) {
            from = address;
        } else if (address != to) {
            recompute = true;
            from = Math.min(from, address);
        }
        to = address;
    }

    synchronized void add(byte[] bytes, int offset, int count) {
        crc.update(bytes, offset, count);
        to += count;
    }

    /** Where writing goes on. */
    synchronized long end() {
        return to;
    }

    /** Everything since the last call; the range may be empty. */
    synchronized Seal.Segment take(Files files) throws IOException {
        int checksum = recompute ? files.checksum(from, to) : (int) crc.getValue();
        Seal.Segment segment = new Seal.Segment(from, to, checksum);
        recompute = false;
        crc.reset();
        from = to;
        return segment;
    }
}
