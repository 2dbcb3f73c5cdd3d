// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A feed as it is stored.
 *
 * @param timeout seconds that it outlasts its last client; -1 for ever
 * @param goneAt when its last client went, in milliseconds since 1970; 0 while there is one
 */
record FeedRow(FeedKey key, FeedTerms terms, long timeout, long goneAt, Place place) {

    /**
     * How far it has come.
     *
     * @param seen everything up to this sequence is settled but for what is owed
     * @param owed sequences that its clients have not settled
     * @param failures how often of those each was sent and not taken, where it was
     * @param scanning whether clients have not got all current rows yet
     */
    record Place(long seen, List<Long> owed, Map<Long, Integer> failures, boolean scanning) {}

    Map<String, @Nullable Object> values() {
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("kind", key.kind().name().toLowerCase(Locale.ROOT));
        row.put("user", key.user());
        row.put("container", key.container());
        row.put("name", key.name());
        row.put("filter", terms.filter());
        row.put("selector", terms.selector());
        row.put("noLocal", terms.noLocal());
        row.put("timeout", timeout);
        row.put("goneAt", goneAt);
        row.put("seen", place.seen());
        row.put("owed", place.owed());
        Map<String, Object> failures = new LinkedHashMap<>();
        place.failures().forEach((sequence, times) -> failures.put(sequence.toString(), times));
        row.put("failures", failures);
        row.put("scanning", place.scanning());
        return row;
    }

    static FeedRow read(Map<?, ?> row) {
        List<Long> owed = new ArrayList<>();
        if (row.get("owed") instanceof List<?> list) {
            list.forEach(sequence -> owed.add(number(sequence)));
        }
        Map<Long, Integer> failures = new HashMap<>();
        if (row.get("failures") instanceof Map<?, ?> map) {
            map.forEach((sequence, times) ->
                    failures.put(Long.parseLong(String.valueOf(sequence)), Math.toIntExact(number(times))));
        }
        FeedKey key = new FeedKey(
                FeedKey.Kind.valueOf(text(row, "kind").toUpperCase(Locale.ROOT)),
                text(row, "user"),
                text(row, "container"),
                text(row, "name"));
        FeedTerms terms = new FeedTerms(
                text(row, "filter"),
                row.get("selector") instanceof String selector ? selector : null,
                Boolean.TRUE.equals(row.get("noLocal")));
        Place place = new Place(number(row.get("seen")), owed, failures, Boolean.TRUE.equals(row.get("scanning")));
        return new FeedRow(key, terms, number(row.get("timeout")), number(row.get("goneAt")), place);
    }

    private static String text(Map<?, ?> row, String name) {
        return String.valueOf(row.get(name));
    }

    private static long number(@Nullable Object value) {
        return value instanceof Number number ? number.longValue() : 0;
    }
}
