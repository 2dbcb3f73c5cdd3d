// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.resource.Found;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Locale;

/** What a client wants of a list beside its rows, and the headers that say it. */
final class Preferences {

    private Preferences() {}

    /** Whether the request says {@code Prefer: count=exact} (RFC 7240 §2). */
    static boolean exactCount(HttpHeaders headers) {
        for (String line : headers.getAll("Prefer")) {
            for (String preference : line.split(",", -1)) {
                String plain = preference.replace("\"", "").strip().toLowerCase(Locale.ROOT);
                if (plain.equals("count=exact")) {
                    return true;
                }
            }
        }
        return false;
    }

    /** {@code items 0-24/1234}: which of all rows the answer has; behind a cursor only how many there are. */
    static String range(Found found) {
        long total = found.total().orElse(0);
        if (found.offset() < 0) {
            return "items */" + total;
        }
        long end = found.limit() > total - found.offset() ? total : found.offset() + found.limit();
        return end <= found.offset() ? "items */" + total : "items " + found.offset() + "-" + (end - 1) + "/" + total;
    }

    /** {@code Server-Timing}: how rows are found, and how long it took to choose that; names of attributes are escaped. */
    static String timing(String access, long nanoseconds) {
        StringBuilder safe = new StringBuilder(access.length());
        access.chars()
                .map(c -> c < ' ' || c > '~' || c == '"' || c == '\\' ? '?' : c)
                .forEach(c -> safe.append((char) c));
        return String.format(Locale.ROOT, "plan;desc=\"%s\";dur=%.3f", safe, nanoseconds / 1_000_000.0);
    }
}
