// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Part of a representation (RFC 9110 §14): one range of bytes; a request for several gets the whole, as §14.2 allows.
 *
 * @param from the first byte
 * @param end behind the last byte; not above {@code from} when there is no such part
 */
record ByteRange(long from, long end) {

    private static final Pattern ONE = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");

    /** The part that a GET asks for; null when it asks for the whole. */
    static @Nullable ByteRange of(HttpHeaders headers, long size, String tag) {
        List<String> ranges = headers.getAll(HttpHeaderNames.RANGE);
        Matcher one = ONE.matcher(ranges.size() == 1 ? ranges.get(0).strip() : "");
        if (!one.matches() || (one.group(1).isEmpty() && one.group(2).isEmpty())) {
            return null;
        }
        String condition = headers.get(HttpHeaderNames.IF_RANGE);
        if (condition != null && !condition.strip().equals(tag)) {
            // RFC 9110 §13.1.5: it has changed, so the whole is wanted. Dates are too coarse to say that it has not.
            return null;
        }
        if (one.group(1).isEmpty()) {
            return new ByteRange(Math.max(0, size - Long.parseLong(one.group(2))), size);
        }
        long from = Long.parseLong(one.group(1));
        if (one.group(2).isEmpty()) {
            return new ByteRange(from, size);
        }
        long last = Long.parseLong(one.group(2));
        return last < from ? null : new ByteRange(from, Math.min(size, last + 1));
    }

    /** Whether there is such a part. */
    boolean exists() {
        return end > from;
    }

    /** For Content-Range. */
    String text(long size) {
        return "bytes " + from + "-" + (end - 1) + "/" + size;
    }

    /** The answer when there is no such part (RFC 9110 §15.5.17). */
    static FullHttpResponse none(long size) {
        FullHttpResponse response = dev.tarn.transport.Problem.answer(
                HttpResponseStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "there are " + size + " bytes", List.of());
        response.headers().set(HttpHeaderNames.CONTENT_RANGE, "bytes */" + size);
        return response;
    }
}
