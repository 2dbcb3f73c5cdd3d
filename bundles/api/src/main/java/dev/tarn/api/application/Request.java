// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Property;
import dev.tarn.api.resource.Terms;
import java.util.List;
import java.util.concurrent.Flow.Publisher;
import org.jspecify.annotations.Nullable;

/**
 * What a protocol asks of a resource whose logic answers.
 *
 * @param path as the client spells it; that of the resource itself where no row is named
 * @param query what stands behind the question mark of a URL, still percent-encoded; empty for nothing
 * @param headers HTTP headers; empty on other protocols
 * @param incoming for CONNECT; else null
 */
public record Request(
        Action action,
        Path path,
        String query,
        @Nullable Body body,
        Terms terms,
        List<Property> headers,
        @Nullable Publisher<Body> incoming) {
    public Request {
        headers = List.copyOf(headers);
    }

    /** One that is no more than this. */
    public static Request of(Action action, Path path, @Nullable Body body, Terms terms) {
        return new Request(action, path, "", body, terms, List.of(), null);
    }

    /** With a query. */
    public Request querying(String text) {
        return new Request(action, path, text, body, terms, headers, incoming);
    }

    /** With HTTP headers. */
    public Request with(List<Property> more) {
        return new Request(action, path, query, body, terms, more, incoming);
    }

    /** With what comes in. */
    public Request receiving(@Nullable Publisher<Body> messages) {
        return new Request(action, path, query, body, terms, headers, messages);
    }
}
