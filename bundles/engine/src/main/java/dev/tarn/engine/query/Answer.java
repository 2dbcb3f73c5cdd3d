// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Found;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Flow;

/** What a search found. Safe on any thread. */
record Answer(Flow.Publisher<Row> rows, Plan plan, Question.Page page, boolean single, OptionalLong total)
        implements Found {

    @Override
    public String access() {
        return plan.access().text() + (plan.sorts() ? ", sorted in memory" : "");
    }

    @Override
    public long offset() {
        return page.after() == null ? page.offset() : -1;
    }

    @Override
    public long limit() {
        return page.limit();
    }

    @Override
    public Optional<String> next() {
        Answering.End end = rows instanceof Run run ? run.end() : null;
        Sorting sorting = plan.sorting();
        Sorting.Place place = end == null ? null : end.place();
        return place == null || sorting == null
                ? Optional.empty()
                : Optional.of(Cursor.of(sorting, place, plan.subject().bodies()));
    }
}
