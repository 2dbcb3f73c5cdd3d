// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Writes the heads of HTTP/2 as those of HTTP/1.1, which is what protocols see, and back (RFC 9113 §8). */
final class Http2Fields {
    /** What requests over HTTP/2 have for a version. */
    static final HttpVersion VERSION = new HttpVersion("HTTP", 2, 0, true);

    /** Fields that are about a connection of HTTP/1.1 and are nowhere in HTTP/2 (RFC 9113 §8.2.2). */
    private static final Set<String> OF_CONNECTIONS =
            Set.of("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade");

    private Http2Fields() {}

    /** The request, or null when it is malformed (RFC 9113 §8.1.1). */
    static @Nullable HttpRequest request(Http2Headers fields) {
        CharSequence method = only(fields, Http2Headers.PseudoHeaderName.METHOD.value());
        CharSequence scheme = only(fields, Http2Headers.PseudoHeaderName.SCHEME.value());
        CharSequence path = only(fields, Http2Headers.PseudoHeaderName.PATH.value());
        CharSequence authority = fields.authority();
        boolean connect = method != null && AsciiString.contentEquals(method, "CONNECT");
        if (method == null || method.length() == 0) {
            return null;
        } else if (connect ? authority == null : scheme == null || path == null || path.length() == 0) {
            return null;
        }
        try {
            HttpRequest head = new DefaultHttpRequest(
                    VERSION, HttpMethod.valueOf(method.toString()), String.valueOf(connect ? authority : path));
            return copied(fields, head.headers(), authority) ? head : null;
        } catch (IllegalArgumentException illegalCharacters) {
            return null;
        }
    }

    /** The value of a field that must be there once. */
    private static @Nullable CharSequence only(Http2Headers fields, CharSequence name) {
        CharSequence value = fields.get(name);
        return value != null && fields.getAll(name).size() == 1 ? value : null;
    }

    private static boolean copied(Http2Headers from, HttpHeaders to, @Nullable CharSequence authority) {
        StringBuilder cookies = new StringBuilder();
        for (Map.Entry<CharSequence, CharSequence> field : from) {
            String name = field.getKey().toString();
            CharSequence value = field.getValue();
            if (name.startsWith(":")) {
                if (Http2Headers.PseudoHeaderName.getPseudoHeader(field.getKey()) == null
                        || name.equals(":status")
                        || name.equals(":protocol")) {
                    return false;
                }
            } else if (OF_CONNECTIONS.contains(name)
                    || (name.equals("te") && !AsciiString.contentEqualsIgnoreCase(value, "trailers"))) {
                return false;
            } else if (name.equals("cookie")) {
                // RFC 9113 §8.2.3: to be joined before anybody of HTTP/1.1 sees them.
                cookies.append(cookies.isEmpty() ? "" : "; ").append(value);
            } else {
                to.add(name, value);
            }
        }
        if (!cookies.isEmpty()) {
            to.set(HttpHeaderNames.COOKIE, cookies);
        }
        if (authority == null) {
            return true;
        }
        // RFC 9113 §8.3.1: a Host that says something else makes the request malformed.
        boolean agrees = to.getAll(HttpHeaderNames.HOST).stream()
                .allMatch(host -> host.equalsIgnoreCase(String.valueOf(authority)));
        to.set(HttpHeaderNames.HOST, authority);
        return agrees;
    }

    /** The head of an answer. */
    static Http2Headers of(HttpResponse response) {
        Http2Headers fields = new DefaultHttp2Headers(false, response.headers().size() + 1);
        fields.status(response.status().codeAsText());
        response.headers().iteratorCharSequence().forEachRemaining(field -> {
            String name = field.getKey().toString().toLowerCase(Locale.ROOT);
            if (!OF_CONNECTIONS.contains(name)) {
                fields.add(AsciiString.of(name), field.getValue());
            }
        });
        return fields;
    }
}
