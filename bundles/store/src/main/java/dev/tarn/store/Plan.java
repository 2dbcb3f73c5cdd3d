// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A draft that has been checked and encoded, ready to be put in place.
 *
 * @param old the row that is physically there, expired or not
 * @param row the row's next value; null for none, and for a message
 * @param payload for the log
 * @param body what the change tells
 */
@SuppressWarnings("ArrayRecordComponent") // Plans are never compared; they carry bytes to one place.
record Plan(
        Target target,
        RowFormat.@Nullable StoredRow old,
        RowFormat.@Nullable StoredRow row,
        Payload payload,
        LogFormat.Stamp stamp,
        @Nullable Body body,
        Attributes attributes) {

    /**
     * What is changed, how.
     *
     * @param removed entries that indexes lose, one list for each of the table's indexes
     * @param added entries that indexes gain, likewise
     */
    @SuppressWarnings("ArrayRecordComponent") // As above.
    record Target(
            Kind kind, OpenTable table, Path path, byte[] key, List<List<byte[]>> removed, List<List<byte[]>> added) {}

    /** Whether the row is changed, rather than something said. */
    boolean changesRow() {
        return target.kind() != Kind.MESSAGE;
    }
}
