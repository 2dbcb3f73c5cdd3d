// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Store;
import dev.tarn.api.store.Write;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Feeds in the store, in two tables of database {@code system}: a row for each, and one for each change that a transaction
 * has settled and the feed's own row does not say yet. Safe on any thread.
 */
final class FeedTable {

    private static final Table FEEDS = state("amqp_feeds");
    private static final Table RETIRED = state("amqp_retired");

    private final Store store;
    private final Bodies bodies;

    FeedTable(Store store, Bodies bodies) {
        this.store = store;
        this.bodies = bodies;
        store.define(FEEDS);
        store.define(RETIRED);
    }

    private static Table state(String name) {
        return new Table(
                Table.SYSTEM,
                name,
                null,
                List.of(Attribute.primaryKey("id", Attribute.Type.STRING)),
                Table.Rules.STATE);
    }

    /** The sequence of the last durable change. */
    long sequence() {
        return store.sequence();
    }

    /** The sequence of the oldest change that the log has. */
    long oldest() {
        return store.oldest();
    }

    CompletionStage<Commit> commit(List<Draft> drafts) {
        return store.commit(new Write(drafts, List.of()));
    }

    Draft put(long number, FeedRow row) {
        return put(FEEDS, Long.toString(number), row.values());
    }

    Draft delete(long number) {
        return delete(FEEDS, Long.toString(number));
    }

    /** A change that is settled. */
    Draft retired(long number, long sequence) {
        return put(RETIRED, number + "/" + sequence, new LinkedHashMap<>());
    }

    /** The feed's row says so itself. */
    Draft forgotten(long number, long sequence) {
        return delete(RETIRED, number + "/" + sequence);
    }

    /**
     * Reads everything. Blocks.
     *
     * @param feeds gets each by its number
     * @param retired then gets what was settled, by the feed's number
     */
    void load(BiConsumer<Long, FeedRow> feeds, BiConsumer<Long, Long> retired) {
        try (Snapshot snapshot = store.snapshot()) {
            each(snapshot, FEEDS, (id, row) -> feeds.accept(Long.parseLong(id), FeedRow.read(row)));
            each(snapshot, RETIRED, (id, row) -> {
                int slash = id.indexOf('/');
                retired.accept(Long.parseLong(id.substring(0, slash)), Long.parseLong(id.substring(slash + 1)));
            });
        }
    }

    private Draft put(Table table, String id, Map<String, @Nullable Object> values) {
        values.put("id", id);
        return Draft.put(table, table.path(id), bodies.of(values), Attributes.NONE, Expectation.ANYTHING);
    }

    private static Draft delete(Table table, String id) {
        return Draft.delete(table, table.path(id), Attributes.NONE, Expectation.ANYTHING);
    }

    private static void each(Snapshot snapshot, Table table, BiConsumer<String, Map<?, ?>> reader) {
        try (Snapshot.Rows rows = snapshot.rows(table, Snapshot.Range.ALL)) {
            for (Row row = rows.next(); row != null; row = rows.next()) {
                String id = table.id(row.path());
                if (id != null && row.body().value() instanceof Map<?, ?> values) {
                    reader.accept(id, values);
                }
            }
        }
    }
}
