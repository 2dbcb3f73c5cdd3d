// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import java.util.List;
import java.util.Optional;
import jetbrains.exodus.env.Store;
import org.jspecify.annotations.Nullable;

/**
 * A table as the store knows it. Immutable; defining the table again makes another one.
 *
 * @param number stands for the table in the log and never changes
 * @param counted whether an id may be a number
 */
record OpenTable(int number, Table table, Store rows, List<Index> indexes, boolean counted) {

    OpenTable {
        indexes = List.copyOf(indexes);
    }

    OpenTable(int number, Table table, Store rows, List<Index> indexes) {
        this(number, table, rows, indexes, table.countedIds());
    }

    /**
     * The key of a path's row, or null when no row of this table can have that path.
     */
    byte @Nullable [] key(Path path) {
        String id = table.id(path);
        if (id == null) {
            return null;
        }
        if (!counted) {
            return Keys.id(id);
        }
        if (table.key(id) instanceof Long number) {
            return Keys.id(number);
        }
        return table.numericIds() ? null : Keys.id(id);
    }

    /**
     * The key for a row that is to be written.
     *
     * @throws Failure MALFORMED when there can be no such row
     */
    byte[] keyToWrite(Path path) {
        byte[] key = key(path);
        if (key == null) {
            throw new Failure(
                    Failure.Code.MALFORMED,
                    path + " names no row of " + table.qualifiedName()
                            + (table.numericIds() ? ", whose ids are whole numbers" : ""));
        }
        return key;
    }

    /** The path of the row with this key. */
    Path path(byte[] key) {
        return table.path(Keys.idAt(key, 0, key.length));
    }

    /** Whether an index has to be asked whether a value is new. */
    boolean unique() {
        for (Index index : indexes) {
            if (index.unique()) {
                return true;
            }
        }
        return false;
    }

    Optional<Index> index(String attribute) {
        for (Index index : indexes) {
            if (index.attribute().equals(attribute)) {
                return Optional.of(index);
            }
        }
        return Optional.empty();
    }
}
