// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Property;
import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Found;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Flow;

/**
 * What logic answers. Immutable but for streams in it.
 *
 * @param status an HTTP status; 0 for the one that the protocol has for this. From 400 on it is a refusal on every protocol
 * @param headers HTTP headers beside those that the protocol sets; other protocols pass over them
 * @param said what is answered
 */
public record Answer(int status, List<Property> headers, Said said) {

    /** What a plain table would answer after the same writes; nothing else is said. */
    public static final Answer PLAIN = new Answer(0, List.of(), new Plain());

    /** What is answered. */
    public sealed interface Said {}

    /** What a plain table answers: that a row was created, replaced, removed; nothing. */
    public record Plain() implements Said {}

    /** A value or bytes. */
    public record Value(Body body) implements Said {}

    /** A row, with its version. */
    public record Stored(Row row) implements Said {}

    /** That there is nothing here. */
    public record Absent() implements Said {}

    /** The rows of a query, with what the table's own answer to it has. */
    public record Rows(Found found) implements Said {}

    /** Several values, as fast as they are asked for; canceling stops the work. May never end. */
    public record Items(Flow.Publisher<Body> items) implements Said {}

    public Answer {
        if (status != 0 && (status < 200 || status > 599)) {
            throw new IllegalArgumentException("an answer's status is 200 to 599, not " + status);
        }
        headers = List.copyOf(headers);
    }

    /** A value or bytes. */
    public static Answer of(Body body) {
        return new Answer(0, List.of(), new Value(body));
    }

    /** A row, or that there is none. */
    public static Answer of(Optional<Row> row) {
        return new Answer(0, List.of(), row.isPresent() ? new Stored(row.get()) : new Absent());
    }

    /** The rows of a query. */
    public static Answer of(Found found) {
        return new Answer(0, List.of(), new Rows(found));
    }

    /** Several values. */
    public static Answer items(Flow.Publisher<Body> items) {
        return new Answer(0, List.of(), new Items(items));
    }

    /**
     * What is said, as rows, for those who know nothing but rows.
     *
     * @param path where logic was asked
     * @throws Failure NOT_FOUND when nothing is said
     */
    public Found found(Path path) {
        if (said instanceof Rows rows) {
            return rows.found();
        } else if (said instanceof Items items) {
            return new Listed(path, items.items(), false);
        } else if (said instanceof Value value) {
            return Listed.of(path, value.body());
        } else if (said instanceof Stored stored) {
            return Listed.of(path, stored.row().body());
        }
        throw new Failure(Failure.Code.NOT_FOUND, "nothing is found at " + path);
    }

    /** With this status. */
    public Answer status(int changed) {
        return new Answer(changed, headers, said);
    }

    /** With one more header. */
    public Answer header(String name, String value) {
        List<Property> more = new ArrayList<>(headers);
        more.add(new Property(name, value));
        return new Answer(status, more, said);
    }
}
