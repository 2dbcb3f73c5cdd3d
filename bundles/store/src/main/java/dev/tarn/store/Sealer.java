// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Writes seals. On the committer thread. */
final class Sealer {

    private static final byte[] KEY = "seal".getBytes(StandardCharsets.US_ASCII);

    private final Database database;
    private final List<Seal.Segment> segments = new ArrayList<>();

    Sealer(Database database) {
        this.database = database;
    }

    /**
     * Seals everything that has been committed, in a transaction of its own, so that nobody else is writing meanwhile.
     *
     * @param durable everything before this address is sealed and on the disk already
     * @return where the sealed part ends
     */
    long seal(long durable) {
        return database.environment.computeInExclusiveTransaction(transaction -> {
            try {
                segments.addAll(database.segments());
                segments.removeIf(segment -> segment.to() <= durable);
                if (segments.isEmpty()) {
                    return durable;
                }
                if (segments.size() > Seal.MOST) {
                    join();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            Seal seal = new Seal(segments);
            Database.put(database.meta, transaction, KEY, seal.write(database.mark()));
            return seal.to();
        });
    }

    /** Makes one segment of all; needed only when sealing failed many times, as on a full disk. */
    private void join() throws IOException {
        long from = segments.get(0).from();
        long to = segments.get(segments.size() - 1).to();
        Seal.Segment one = new Seal.Segment(from, to, database.checksum(from, to));
        segments.clear();
        segments.add(one);
    }
}
