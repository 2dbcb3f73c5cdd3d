// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a message asks for.
 *
 * @param replyTo where the answer to a {@link Verb#GET} goes; null for all else
 * @param query of a GET, in the query language; null for the row itself
 */
record Request(
        Verb verb,
        Path path,
        Body body,
        Attributes attributes,
        @Nullable Path replyTo,
        @Nullable String query,
        Format format) {

    Request with(Body other) {
        return new Request(verb, path, other, attributes, replyTo, query, format);
    }

    /** What is to be done. */
    enum Verb {
        PUBLISH,
        PUT,
        PATCH,
        DELETE,
        GET
    }
}
