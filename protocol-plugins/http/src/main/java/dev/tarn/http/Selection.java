// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.data.Failure;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which of the rows a query string asks for. Of the query language this version knows {@code limit}; the rest is refused,
 * never ignored.
 *
 * @param offset rows to pass over
 * @param limit rows at most
 */
record Selection(long offset, long limit) {
    private static final Pattern LIMIT = Pattern.compile("limit\\((\\d{1,18})(?:,(\\d{1,18}))?\\)");

    static final Selection ALL = new Selection(0, Long.MAX_VALUE);

    /**
     * Reads a query string: {@code limit(end)} or {@code limit(start,end)}, end not included.
     *
     * @throws Failure MALFORMED, UNSUPPORTED
     */
    static Selection of(String query) {
        if (query.isEmpty()) {
            return ALL;
        }
        Selection selection = null;
        for (String part : query.split("&", -1)) {
            Matcher limit =
                    LIMIT.matcher(part.replace("%28", "(").replace("%29", ")").replaceAll("%2[Cc]", ","));
            if (!limit.matches()) {
                throw new Failure(
                        part.startsWith("limit") ? Failure.Code.MALFORMED : Failure.Code.UNSUPPORTED,
                        "of the query language only limit(end) and limit(start,end) are in this version; \"" + part
                                + "\" is not");
            } else if (selection != null) {
                throw new Failure(Failure.Code.MALFORMED, "more than one limit");
            }
            long first = Long.parseLong(limit.group(1));
            long offset = limit.group(2) == null ? 0 : first;
            long end = limit.group(2) == null ? first : Long.parseLong(limit.group(2));
            if (end < offset) {
                throw new Failure(Failure.Code.MALFORMED, "limit(" + offset + "," + end + ") ends before it starts");
            }
            selection = new Selection(offset, end - offset);
        }
        return selection == null ? ALL : selection;
    }

    /** Refuses any query, for requests that take none. */
    static void none(String query, String what) {
        if (!query.isEmpty()) {
            throw new Failure(
                    Failure.Code.UNSUPPORTED, what + " takes no query in this version; there is \"" + query + "\"");
        }
    }
}
