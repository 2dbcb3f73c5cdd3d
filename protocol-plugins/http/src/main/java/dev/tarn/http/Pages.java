// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import io.netty.handler.codec.http.HttpResponse;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Says where the next page of a list is (RFC 8288). */
final class Pages {

    private static final Pattern AFTER = Pattern.compile("(?:^|&)after(?:\\(|%28)[^&]*");
    private static final Pattern LIMIT = Pattern.compile("(^|&)limit(?:\\(|%28)(\\d+)(?:,|%2[Cc])(\\d+)(?:\\)|%29)");

    private Pages() {}

    /** Adds the link to the page behind this cursor. */
    static void link(Call call, HttpResponse head, String cursor) {
        String query = next(call.exchange().query(), cursor).replace(">", "%3E").replace("\"", "%22");
        head.headers().set("Link", "<?" + query + ">; rel=\"next\"");
    }

    /** The same query, from behind the cursor on instead of after so many rows. */
    static String next(String query, String cursor) {
        String rest = AFTER.matcher(query).replaceAll("");
        Matcher limit = LIMIT.matcher(rest);
        if (limit.find()) {
            long rows = Long.parseLong(limit.group(3)) - Long.parseLong(limit.group(2));
            rest = limit.replaceFirst("$1limit(" + rows + ")");
        }
        rest = rest.startsWith("&") ? rest.substring(1) : rest;
        return (rest.isEmpty() ? "" : rest + "&") + "after(" + cursor + ")";
    }
}
