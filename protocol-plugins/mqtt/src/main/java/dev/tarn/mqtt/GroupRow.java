// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A shared group as it is stored.
 *
 * @param cursor everything up to this sequence is settled
 * @param settled sequences beyond the cursor that are settled too
 */
record GroupRow(String group, String filter, long cursor, List<Long> settled) {

    Map<String, @Nullable Object> values() {
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("group", group);
        row.put("filter", filter);
        row.put("cursor", cursor);
        row.put("settled", settled);
        return row;
    }

    static GroupRow read(Map<?, ?> row) {
        List<Long> settled = new ArrayList<>();
        if (row.get("settled") instanceof List<?> list) {
            for (Object one : list) {
                settled.add(number(one));
            }
        }
        return new GroupRow(
                String.valueOf(row.get("group")),
                String.valueOf(row.get("filter")),
                number(row.get("cursor")),
                settled);
    }

    private static long number(@Nullable Object value) {
        return value instanceof Number number ? number.longValue() : 0;
    }
}
