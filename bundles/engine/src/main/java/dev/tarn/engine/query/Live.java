// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Row;
import org.jspecify.annotations.Nullable;

/**
 * A query that rows are held against as they change: conditions on the rows of one table, and what is wanted of them.
 * Immutable, safe on any thread.
 */
public final class Live {
    private static final Joins NONE = new Joins(rows -> {});

    private final Subject subject;
    private final Matcher matcher;
    private final @Nullable Projection projection;

    private Live(Subject subject, Matcher matcher, @Nullable Projection projection) {
        this.subject = subject;
        this.matcher = matcher;
        this.projection = projection;
    }

    /**
     * Reads a query.
     *
     * @throws Failure MALFORMED with the position of what is wrong, and when it asks for more than conditions and select
     */
    public static Live parse(Subject asked, String text) {
        Question question = QueryParser.parse(text);
        boolean more = question.gathers()
                || !question.sort().isEmpty()
                || question.explain()
                || question.near() != null
                || question.page().limit() != Long.MAX_VALUE
                || question.page().offset() != 0
                || question.page().after() != null;
        if (more) {
            throw new Failure(
                    Failure.Code.MALFORMED,
                    "a live query takes conditions and select; sort, limit, aggregate and the like are for reading once");
        }
        Subject subject = new Subject(
                asked.table(),
                asked.reaches(),
                asked.shown(),
                asked.bodies(),
                other -> {
                    throw new Failure(
                            Failure.Code.MALFORMED,
                            "a live query is about the rows of one table, not about " + other
                                    + " that they are related to");
                },
                asked.ready());
        Fields select = question.select();
        return new Live(
                subject,
                new Binder(subject).bind(question.where()),
                select == null ? null : new Projection(subject, select));
    }

    /** Whether a row matches. */
    public boolean matches(Row row) {
        return matcher.matches(new Item(subject.table(), row, NONE));
    }

    /** What is wanted of a row. */
    public Body of(Row row) {
        return projection == null
                ? row.body()
                : subject.bodies().of(projection.of(new Item(subject.table(), row, NONE)));
    }
}
