// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Path;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Start;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a request for a stream of rows asks to see: the same for Server-Sent Events and WebSocket.
 *
 * @param filters what to subscribe to; at least one
 * @param start where each of them begins
 * @param paths whether rows of several tables can come, so that an id alone does not tell them apart
 * @param query which rows are wanted, in the query language; null for all
 * @param database the only one whose tables are wanted; null for all
 * @param coalesce whether of the changes of a row that wait the newest one is enough
 */
public record Watch(
        List<Filter> filters,
        Start start,
        boolean paths,
        @Nullable String query,
        @Nullable String database,
        boolean coalesce) {

    private static final String PATH = "path";
    private static final String SINCE = "since";
    private static final String START_TIME = "startTime";
    private static final String PREVIOUS_COUNT = "previousCount";
    private static final String OMIT_CURRENT = "omitCurrent";
    private static final String DATABASE = "database";
    private static final String COALESCE = "coalesce";
    private static final Set<String> WORDS = Set.of(PATH, SINCE, START_TIME, PREVIOUS_COUNT, OMIT_CURRENT, COALESCE);

    public Watch {
        filters = List.copyOf(filters);
    }

    /**
     * Reads path and query of a request.
     *
     * @param words further query parameters that the protocol knows
     * @param lastEventId where the client stopped, before {@code since}; null or empty when it did not say
     * @throws Failure MALFORMED for what cannot be read
     */
    public static Watch of(HttpExchange exchange, KnownTables tables, Set<String> words, @Nullable String lastEventId) {
        Map<String, List<String>> parameters = exchange.parameters();
        List<Filter> filters = new ArrayList<>();
        List<String> more = parameters.getOrDefault(PATH, List.of());
        List<String> segments = exchange.segments();
        boolean root =
                segments.isEmpty() || (segments.size() == 1 && segments.get(0).isEmpty());
        if (!root || more.isEmpty()) {
            filters.add(root ? Filter.of("#") : filter(tables, segments));
        }
        for (String text : more) {
            filters.add(Filter.of(text));
        }
        String first = filters.get(0).first();
        boolean paths = filters.stream()
                .anyMatch(
                        filter -> filter.startsWithWildcard() || !filter.first().equals(first));
        String query = query(exchange.query(), words, root);
        if (query != null && filters.size() > 1) {
            throw new Failure(Failure.Code.MALFORMED, "a live query is about one table; path names more");
        }
        String database = root ? last(parameters, DATABASE) : null;
        return new Watch(filters, start(parameters, lastEventId), paths, query, database, flag(parameters, COALESCE));
    }

    /**
     * What is wanted of the changes. Who watches cannot acknowledge: what he is too slow for is counted, and told as a gap.
     *
     * @param query which rows; null for all
     * @param database whose tables; null for all
     * @param coalesce whether the newest of the changes of a row that wait is enough
     */
    public static Interest interest(@Nullable String query, @Nullable String database, boolean coalesce) {
        return Interest.atMost(0).querying(query).within(database).newest(coalesce);
    }

    /** As {@link #interest(String, String, boolean)}, as the request says. */
    public Interest interest() {
        return interest(query, database, coalesce);
    }

    /** What of the query string is not about the stream itself; null for nothing. */
    private static @Nullable String query(String text, Set<String> words, boolean root) {
        List<String> parts = new ArrayList<>();
        for (String part : text.split("&", -1)) {
            int end = part.indexOf('=');
            String name = end < 0 ? part : part.substring(0, end);
            boolean own = WORDS.contains(name) || words.contains(name) || (root && name.equals(DATABASE));
            if (!own && !part.isEmpty()) {
                parts.add(part);
            }
        }
        return parts.isEmpty() ? null : String.join("&", parts);
    }

    private static Filter filter(KnownTables tables, List<String> segments) {
        boolean below = segments.size() > 1 && segments.get(segments.size() - 1).isEmpty();
        List<String> named = below ? segments.subList(0, segments.size() - 1) : segments;
        String text = String.join("/", named);
        if (named.size() == 1 && isTable(tables, text)) {
            return Filter.of(text + "/#");
        }
        // "/+/#" is everything below, without the row itself, which "/#" would include. [MQTT-4.7.1-2]
        return Filter.of(below ? text + "/+/#" : text);
    }

    private static boolean isTable(KnownTables tables, String name) {
        return !Filter.of(name).startsWithWildcard()
                && tables.answering(Path.of(name)).map(table -> !table.root()).orElse(false);
    }

    private static Start start(Map<String, List<String>> parameters, @Nullable String lastEventId) {
        if (lastEventId != null && !lastEventId.isEmpty()) {
            return Start.after(number("Last-Event-ID", lastEventId));
        }
        String since = last(parameters, SINCE);
        if (since != null) {
            return Start.after(number(SINCE, since));
        }
        String startTime = last(parameters, START_TIME);
        if (startTime != null) {
            return new Start(Start.From.SINCE, number(START_TIME, startTime));
        }
        String previousCount = last(parameters, PREVIOUS_COUNT);
        if (previousCount != null) {
            return new Start(Start.From.LAST, number(PREVIOUS_COUNT, previousCount));
        }
        return flag(parameters, OMIT_CURRENT) ? Start.LIVE : Start.CURRENT;
    }

    /** Whether a parameter is there and does not say {@code false}. */
    public static boolean flag(Map<String, List<String>> parameters, String name) {
        String value = last(parameters, name);
        return value != null && !value.equals("false");
    }

    private static @Nullable String last(Map<String, List<String>> parameters, String name) {
        List<String> values = parameters.getOrDefault(name, List.of());
        return values.isEmpty() ? null : values.get(values.size() - 1);
    }

    private static long number(String name, String text) {
        try {
            long number = Long.parseLong(text);
            if (number >= 0 && text.charAt(0) != '+') {
                return number;
            }
        } catch (NumberFormatException tooLongOrNotOne) {
            throw notNumber(name, text);
        }
        throw notNumber(name, text);
    }

    private static Failure notNumber(String name, String text) {
        return new Failure(
                Failure.Code.MALFORMED,
                name + " is a whole number from 0 on, not \"" + text.substring(0, Math.min(40, text.length())) + "\"");
    }
}
