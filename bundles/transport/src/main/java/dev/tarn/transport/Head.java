// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.util.AsciiString;
import io.netty.util.concurrent.FastThreadLocal;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The header fields that every answer has. */
final class Head {
    /** RFC 9110 §5.6.7: the one form to be sent. */
    private static final DateTimeFormatter FORMAT = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US)
            .withZone(ZoneOffset.UTC);

    /** The text of the Date header, formatted once a second and loop. */
    private static final FastThreadLocal<Now> NOW = new FastThreadLocal<>() {
        @Override
        protected Now initialValue() {
            return new Now();
        }
    };

    private Head() {}

    /** Puts Date and, where the status may have a body, Content-Length (RFC 9110 §6.6.1, §8.6). */
    static void complete(HttpResponse response, long length) {
        date(response.headers());
        int status = response.status().code();
        if (status >= 200 && status != 204 && status != 304) {
            response.headers().set(HttpHeaderNames.CONTENT_LENGTH, length);
        }
    }

    static void date(HttpHeaders headers) {
        headers.set(HttpHeaderNames.DATE, NOW.get().text());
    }

    private static final class Now {
        private long second;
        private AsciiString text = AsciiString.EMPTY_STRING;

        AsciiString text() {
            long millis = System.currentTimeMillis();
            if (millis / 1000 != second) {
                second = millis / 1000;
                text = AsciiString.of(FORMAT.format(Instant.ofEpochMilli(millis)));
            }
            return text;
        }
    }
}
