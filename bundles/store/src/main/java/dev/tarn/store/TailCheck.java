// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * After a stop that may have lost part of what was written last: finds the last seal whose bytes are all there, and cuts off
 * what comes after it. Nothing that was acknowledged is after it, since an acknowledgement waits until a seal is on the disk.
 * Works on the files alone, before the environment sees them.
 */
final class TailCheck {

    private static final Logger LOG = LoggerFactory.getLogger(TailCheck.class);

    /** More than a new store writes before its first seal. */
    private static final long UNSEALED = 64 << 10;

    private final FileSet files;
    private final byte[] mark;

    TailCheck(FileSet files, byte[] mark) {
        this.files = files;
        this.mark = mark;
    }

    /**
     * Cuts off what cannot be trusted.
     *
     * @param machine whether the machine may have stopped, so that all after the last seal that holds goes; if only the process
     *     ended, all stays as long as the last seal holds
     * @param known the end of a batch, up to which everything was known to be on the disk; 0 when nothing is known
     * @return the end of what was found to be right
     * @throws DamagedException when what must be there is not; nothing is changed then
     */
    long repair(boolean machine, long known) throws IOException {
        List<Long> addresses = files.addresses();
        long durable = known;
        boolean newest = true;
        for (int i = addresses.size() - 1; i >= 0; i--) {
            List<Seal> seals = new ArrayList<>(Seal.find(files.read(addresses.get(i)), mark));
            seals.sort(Comparator.comparingLong(Seal::to).reversed());
            for (Seal seal : seals) {
                // Whoever wrote this seal knew that what is before it was on the disk.
                durable = Math.max(durable, seal.segments().get(0).from());
                if (seal.to() <= known || seal.to() < durable) {
                    back(machine || !newest, known, durable);
                    return known;
                }
                if (holds(seal)) {
                    if (machine || !newest) {
                        cut(seal.to());
                    }
                    return seal.to();
                }
                newest = false;
            }
        }
        back(machine || !newest, known, durable);
        return known;
    }

    /** No batch after what is known has its seal. */
    private void back(boolean cut, long known, long durable) throws IOException {
        long end = files.end();
        if (durable > known || end < known) {
            throw new DamagedException("what was on the disk before address " + Math.max(durable, known)
                    + " of its files is not what was written");
        }
        if (cut && known == 0 && end > UNSEALED) {
            // A store that never came to its first seal has less, and nothing in it was acknowledged.
            throw new DamagedException("no end of a batch is found in its files");
        }
        if (cut) {
            cut(known);
        }
    }

    /** Cuts off what comes after the end of a batch that is known to be the last one on the disk. */
    void cutAfter(long address) throws IOException {
        if (files.end() < address) {
            throw new DamagedException("its files end at " + files.end() + " and should reach " + address);
        }
        cut(address);
    }

    private boolean holds(Seal seal) {
        for (Seal.Segment segment : seal.segments()) {
            try {
                if (files.checksum(segment.from(), segment.to()) != segment.checksum()) {
                    return false;
                }
            } catch (IOException e) {
                LOG.debug("a sealed range is not there", e);
                return false;
            }
        }
        return true;
    }

    private void cut(long address) throws IOException {
        long end = files.end();
        if (end > address) {
            files.truncate(address);
        }
        LOG.warn("store=checked end={} cut_off_bytes={} reason=\"not stopped properly\"", address, end - address);
    }
}
