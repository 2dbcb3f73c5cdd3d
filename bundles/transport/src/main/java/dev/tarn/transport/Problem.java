// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.api.data.Failure;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Refusals as HTTP answers: {@code application/problem+json} (RFC 9457). */
public final class Problem {
    private Problem() {}

    /** The one table from a failure's code to HTTP. */
    public static HttpResponseStatus status(Failure.Code code) {
        return switch (code) {
            case MALFORMED -> HttpResponseStatus.BAD_REQUEST;
            case INVALID -> HttpResponseStatus.UNPROCESSABLE_ENTITY;
            case UNAUTHENTICATED -> HttpResponseStatus.UNAUTHORIZED;
            case FORBIDDEN -> HttpResponseStatus.FORBIDDEN;
            case NOT_FOUND -> HttpResponseStatus.NOT_FOUND;
            case CONFLICT -> HttpResponseStatus.CONFLICT;
            case PRECONDITION -> HttpResponseStatus.PRECONDITION_FAILED;
            case UNSUPPORTED -> HttpResponseStatus.NOT_IMPLEMENTED;
            case TOO_LARGE -> HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE;
            case BUSY, UNAVAILABLE -> HttpResponseStatus.SERVICE_UNAVAILABLE;
            case FULL -> HttpResponseStatus.INSUFFICIENT_STORAGE;
        };
    }

    /** The answer for a failure, with the headers that its status asks for. */
    public static FullHttpResponse answer(Failure failure) {
        HttpResponseStatus status =
                failure.status() == 0 ? status(failure.code()) : HttpResponseStatus.valueOf(failure.status());
        return answer(status, failure.reason(), failure.violations());
    }

    /**
     * An answer that says what is wrong.
     *
     * @param detail what to do about it; text that came from the client is fine
     * @param violations every rule that was broken; left out when empty
     */
    public static FullHttpResponse answer(HttpResponseStatus status, String detail, List<String> violations) {
        StringBuilder json = new StringBuilder(128);
        json.append("{\"type\":\"about:blank\",\"title\":");
        quote(json, status.reasonPhrase());
        json.append(",\"status\":").append(status.code()).append(",\"detail\":");
        quote(json, detail);
        if (!violations.isEmpty()) {
            json.append(",\"violations\":[");
            for (int i = 0; i < violations.size(); i++) {
                quote(i == 0 ? json : json.append(','), violations.get(i));
            }
            json.append(']');
        }
        json.append('}');
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                status,
                Unpooled.wrappedBuffer(json.toString().getBytes(StandardCharsets.UTF_8)));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "application/problem+json")
                .set("X-Content-Type-Options", "nosniff")
                .set(HttpHeaderNames.CACHE_CONTROL, "no-store");
        if (status.code() == 401) {
            // RFC 7617 §2.1: the charset that a client may use.
            response.headers().set(HttpHeaderNames.WWW_AUTHENTICATE, "Basic realm=\"tarn\", charset=\"UTF-8\"");
        } else if (status.code() == 503 || status.code() == 429) {
            response.headers().set(HttpHeaderNames.RETRY_AFTER, "1");
        }
        return response;
    }

    /** Appends text as a JSON string (RFC 8259 §7). */
    private static void quote(StringBuilder json, String text) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ' || c == 0x7f || Character.isSurrogate(c) || c == '<') {
                json.append(String.format("\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        json.append('"');
    }
}
