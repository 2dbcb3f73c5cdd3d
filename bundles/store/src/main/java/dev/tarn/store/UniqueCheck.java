// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jetbrains.exodus.env.Cursor;
import jetbrains.exodus.env.Transaction;
import org.jspecify.annotations.Nullable;

/**
 * Whether values that must be unique are. Asked in the transaction that writes them, on the one thread that writes, so two
 * writers of one value cannot both be told that it is free. For one write, or for one index that is built.
 */
final class UniqueCheck {
    private final RowReader reader;
    private final long now;
    /** What earlier drafts of the same write claimed, and rows that they changed. */
    private final Map<Claim, ByteBuffer> claims = new HashMap<>();

    private final Set<Claim> changed = new HashSet<>();

    /** A value of an index, or a row where the attribute is empty. */
    private record Claim(int table, String attribute, ByteBuffer bytes) {}

    UniqueCheck(RowReader reader, long now) {
        this.reader = reader;
        this.now = now;
    }

    /**
     * Refuses values that another row has.
     *
     * @param added entries that indexes gain, one list for each of the table's indexes
     * @throws Failure CONFLICT with every attribute whose value is taken; UNAVAILABLE while an index is built that would
     *     have to be asked
     */
    void check(OpenTable table, byte[] key, List<List<byte[]>> added, Transaction transaction) {
        ByteBuffer row = ByteBuffer.wrap(key);
        claims.entrySet()
                .removeIf(claim -> claim.getKey().table() == table.number()
                        && claim.getValue().equals(row));
        changed.add(new Claim(table.number(), "", row));
        List<String> violations = new ArrayList<>();
        for (int i = 0; i < added.size(); i++) {
            Index index = table.indexes().get(i);
            for (byte[] entry : index.unique() ? added.get(i) : List.<byte[]>of()) {
                if (!Index.valued(entry)) {
                    continue;
                }
                if (!index.state().isReady()) {
                    throw new Failure(
                            Failure.Code.UNAVAILABLE,
                            "whether a value of " + index.attribute() + " is unique is known once its index is built,"
                                    + " which is at " + index.state().percent() + "; try again");
                }
                Claim claim = new Claim(
                        table.number(),
                        index.attribute(),
                        ByteBuffer.wrap(entry, 0, Keys.end(entry, 0, entry.length))
                                .slice());
                if (claims.containsKey(claim) || other(table, index, entry, key, transaction) != null) {
                    violations.add(index.attribute() + ": is unique, and another row has this value");
                }
                claims.put(claim, row);
            }
        }
        if (!violations.isEmpty()) {
            throw new Failure(
                    Failure.Code.CONFLICT,
                    table.path(key) + " has what another row has: " + String.join("; ", violations),
                    violations);
        }
    }

    /** The key of another row that lives and has this entry's value; null when there is none. */
    byte @Nullable [] other(OpenTable table, Index index, byte[] entry, byte[] key, Transaction transaction) {
        int end = Keys.end(entry, 0, entry.length);
        byte[] value = Arrays.copyOf(entry, end);
        try (Cursor cursor = index.store().openCursor(transaction)) {
            boolean there = cursor.getSearchKeyRange(Database.of(value)) != null;
            while (there) {
                byte[] found = Database.bytes(cursor.getKey());
                if (found.length < end || !Arrays.equals(found, 0, end, value, 0, end)) {
                    return null;
                }
                byte[] other = Arrays.copyOfRange(found, end, found.length);
                boolean known = changed.contains(new Claim(table.number(), "", ByteBuffer.wrap(other)));
                if (!known && !Arrays.equals(other, key)) {
                    RowFormat.StoredRow stored = reader.stored(table, other, transaction);
                    if (stored != null && !stored.expired(now)) {
                        return other;
                    }
                }
                there = cursor.getNext();
            }
            return null;
        }
    }
}
