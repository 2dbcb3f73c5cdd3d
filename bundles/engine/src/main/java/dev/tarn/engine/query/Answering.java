// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Row;
import org.jspecify.annotations.Nullable;

/**
 * Which rows are answers, and what of them is returned. Immutable.
 *
 * @param projection what was selected; null for whole rows
 * @param after only rows after this place; null from the start
 */
record Answering(Plan plan, @Nullable Projection projection, Sorting.@Nullable Place after) {

    /**
     * Where the answer ended.
     *
     * @param place of the last row in the order; null where there is no order
     */
    record End(Sorting.@Nullable Place place) {}

    /** The row, if it is an answer; else null. */
    @Nullable
    Item item(Row row, Joins joins) {
        if (!plan.subject().reaches().test(row.path())) {
            return null;
        }
        Item item = new Item(plan.subject().table(), row, joins);
        if (!plan.rest().matches(item)) {
            return null;
        }
        Sorting sorting = plan.sorting();
        if (after != null && sorting != null && sorting.compare(sorting.place(item), after) <= 0) {
            return null;
        }
        return item;
    }

    /** What is returned of a row; the last one of a page with its place. */
    Answered answer(Item item, boolean last) {
        Sorting sorting = plan.sorting();
        return answer(item, last && sorting != null ? sorting.place(item) : null);
    }

    /** What is returned of a row. */
    Answered answer(Item item, Sorting.@Nullable Place place) {
        Row row = item.row();
        if (projection == null) {
            return new Answered(plan.subject().shown().apply(row), place);
        }
        Object value = projection.of(item);
        return new Answered(
                new Row(row.path(), plan.subject().bodies().of(value), row.version(), row.attributes()), place);
    }
}
