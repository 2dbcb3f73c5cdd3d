// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.data.Row;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;

/** How long a row may be kept by caches: as long as it lives, where it expires (RFC 9111 §4.2). */
final class Freshness {

    private Freshness() {}

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
