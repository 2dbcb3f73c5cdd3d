// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import java.util.List;
import java.util.Map;

/**
 * A file with rows that a table is to have, in Harper's form: {@code database}, {@code table} and {@code records}. Immutable.
 *
 * @param file its name in the folder
 * @param table the qualified name
 */
record DataFile(String file, String table, List<Map<?, ?>> records) {
    DataFile {
        records = List.copyOf(records);
    }
}
