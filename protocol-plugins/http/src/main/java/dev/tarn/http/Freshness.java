// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Recall;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How long a row may be kept by caches: as long as it lives, where it expires (RFC 9111 §4.2). */
final class Freshness {

    private static final Pattern MAX_AGE = Pattern.compile("(?:^|[\\s,])max-age=\"?([0-9]{1,10})\"?(?:$|[\\s,])");

    private Freshness() {}

    /**
     * How long a row is to live by the request that writes it, in milliseconds; 0 where that says nothing. Harper's clients
     * say so with {@code Cache-Control: max-age}; browsers that reload say {@code max-age=0}, which means nothing here.
     */
    static long asked(HttpHeaders headers) {
        String control = headers.get(HttpHeaderNames.CACHE_CONTROL);
        if (control == null) {
            return 0;
        }
        Matcher age = MAX_AGE.matcher(control.toLowerCase(Locale.ROOT));
        return age.find() ? Long.parseLong(age.group(1)) * 1_000 : 0;
    }

    /**
     * What a request says about rows that are kept of a source (RFC 9111 §5.2.1.4, §5.2.1.7): {@code no-cache} and
     * {@code only-if-cached}. Browsers that are told to load a page anew say the former.
     */
    static Recall recall(HttpHeaders headers) {
        Recall recall = Recall.USUAL;
        for (String line : headers.getAll(HttpHeaderNames.CACHE_CONTROL)) {
            for (String directive : line.toLowerCase(Locale.ROOT).split(",", -1)) {
                if (directive.strip().equals("only-if-cached")) {
                    return Recall.KEPT;
                } else if (directive.strip().equals("no-cache")) {
                    recall = Recall.ANEW;
                }
            }
        }
        return recall;
    }

    /**
     * Puts {@code Cache-Control} and {@code Age}. A row that never expires may change at any time: caches ask again, which
     * costs them a 304. Without a word of it they would guess (RFC 9111 §4.2.2).
     *
     * @param now milliseconds since 1970
     */
    static void put(HttpHeaders headers, Row row, long now) {
        long expiresAt = row.attributes().expiresAt();
        if (expiresAt == 0) {
            headers.set(HttpHeaderNames.CACHE_CONTROL, "no-cache");
            return;
        }
        long written = Math.min(now, row.version() / 1_000);
        long lifetime = Math.max(0, (expiresAt - written + 500) / 1_000);
        headers.set(HttpHeaderNames.CACHE_CONTROL, "max-age=" + lifetime)
                .set(HttpHeaderNames.AGE, (now - written) / 1_000);
    }
}
