// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.data.Expectation;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Conditional requests, in the order of RFC 9110 §13.2.2. */
final class Conditions {

    /** What becomes of a conditional GET. */
    enum Answer {
        SEND,
        NOT_MODIFIED,
        FAILED
    }

    private Conditions() {}

    /** For a row that is there. */
    static Answer read(HttpHeaders headers, long version, String tag) {
        List<String> ifMatch = headers.getAll(HttpHeaderNames.IF_MATCH);
        if (!ifMatch.isEmpty()) {
            if (!any(ifMatch) && !Tag.versions(ifMatch).contains(version)) {
                return Answer.FAILED;
            }
        } else if (modifiedSince(headers.get(HttpHeaderNames.IF_UNMODIFIED_SINCE), version)) {
            return Answer.FAILED;
        }
        List<String> ifNoneMatch = headers.getAll(HttpHeaderNames.IF_NONE_MATCH);
        if (!ifNoneMatch.isEmpty()) {
            return Tag.matches(ifNoneMatch, tag) ? Answer.NOT_MODIFIED : Answer.SEND;
        }
        String since = headers.get(HttpHeaderNames.IF_MODIFIED_SINCE);
        Long moment = since == null ? null : Moment.parse(since);
        return moment != null && Moment.seconds(version) <= moment ? Answer.NOT_MODIFIED : Answer.SEND;
    }

    private static boolean modifiedSince(@Nullable String header, long version) {
        Long moment = header == null ? null : Moment.parse(header);
        return moment != null && Moment.seconds(version) > moment;
    }

    private static boolean any(List<String> headers) {
        return headers.size() == 1 && headers.get(0).strip().equals("*");
    }

    /**
     * What a write expects of the row, or null when that depends on the row as it is now (see {@link #write}).
     *
     * @return {@link Expectation#ANYTHING} where the request has no condition
     */
    static @Nullable Expectation expected(HttpHeaders headers) {
        List<String> ifMatch = headers.getAll(HttpHeaderNames.IF_MATCH);
        List<String> ifNoneMatch = headers.getAll(HttpHeaderNames.IF_NONE_MATCH);
        if (ifMatch.isEmpty() && headers.contains(HttpHeaderNames.IF_UNMODIFIED_SINCE)) {
            return null;
        }
        if (!ifNoneMatch.isEmpty()) {
            return ifMatch.isEmpty() && any(ifNoneMatch) ? Expectation.ABSENT : null;
        } else if (ifMatch.isEmpty()) {
            return Expectation.ANYTHING;
        }
        return any(ifMatch) ? Expectation.PRESENT : Expectation.at(Tag.versions(ifMatch));
    }

    /** Whether the only condition is {@code If-Match: *}, which holds of a table too. */
    static boolean anyRow(HttpHeaders headers) {
        return any(headers.getAll(HttpHeaderNames.IF_MATCH)) && !headers.contains(HttpHeaderNames.IF_NONE_MATCH);
    }

    /**
     * Judges a write whose condition needs the present row: what it expects then is that nothing has changed since.
     *
     * @param version the row's version, or 0 when there is none
     * @return null when the condition does not hold
     */
    static @Nullable Expectation write(HttpHeaders headers, long version) {
        List<String> ifMatch = headers.getAll(HttpHeaderNames.IF_MATCH);
        if (!ifMatch.isEmpty()) {
            boolean holds =
                    version != 0 && (any(ifMatch) || Tag.versions(ifMatch).contains(version));
            if (!holds) {
                return null;
            }
        } else if (version != 0 && modifiedSince(headers.get(HttpHeaderNames.IF_UNMODIFIED_SINCE), version)) {
            return null;
        }
        List<String> ifNoneMatch = headers.getAll(HttpHeaderNames.IF_NONE_MATCH);
        boolean excluded = any(ifNoneMatch) || Tag.anyVersions(ifNoneMatch).contains(version);
        if (version != 0 && !ifNoneMatch.isEmpty() && excluded) {
            return null;
        }
        return version == 0 ? Expectation.ABSENT : Expectation.at(Set.of(version));
    }
}
