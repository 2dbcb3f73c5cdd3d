// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import dev.tarn.transport.Problem;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;

/** Answers of the administration, none of which may be kept or guessed at. */
final class Answers {
    private Answers() {}

    /** A whole answer with these bytes, which are taken over. */
    static FullHttpResponse of(HttpResponseStatus status, String mediaType, byte[] body) {
        FullHttpResponse answer =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(body));
        answer.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, mediaType)
                .set(HttpHeaderNames.CACHE_CONTROL, "no-store")
                .set("X-Content-Type-Options", "nosniff");
        return answer;
    }

    /** 405 with the methods that are (RFC 9110 §15.5.6). */
    static FullHttpResponse notAllowed(String allowed, String detail) {
        FullHttpResponse answer = Problem.answer(HttpResponseStatus.METHOD_NOT_ALLOWED, detail, List.of());
        answer.headers().set(HttpHeaderNames.ALLOW, allowed);
        return answer;
    }
}
