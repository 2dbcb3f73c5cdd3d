// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Commit;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.StateTable;
import dev.tarn.api.store.Store;
import dev.tarn.api.store.Write;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;

/**
 * Feeds in the store, in two tables of database {@code system}: a row for each, and one for each change that a transaction
 * has settled and the feed's own row does not say yet. Safe on any thread.
 */
final class FeedTable {

    private final Store store;
    private final StateTable feeds;
    private final StateTable retired;

    FeedTable(Store store, Bodies bodies) {
        this.store = store;
        this.feeds = new StateTable(store, bodies, "amqp_feeds");
        this.retired = new StateTable(store, bodies, "amqp_retired");
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
        return feeds.put(Long.toString(number), row.values());
    }

    Draft delete(long number) {
        return feeds.delete(Long.toString(number));
    }

    /** A change that is settled. */
    Draft retired(long number, long sequence) {
        return retired.put(number + "/" + sequence, new LinkedHashMap<>());
    }

    /** The feed's row says so itself. */
    Draft forgotten(long number, long sequence) {
        return retired.delete(number + "/" + sequence);
    }

    /**
     * Reads everything. Blocks.
     *
     * @param each gets each feed by its number
     * @param settled then gets what was settled, by the feed's number
     */
    void load(BiConsumer<Long, FeedRow> each, BiConsumer<Long, Long> settled) {
        try (Snapshot snapshot = store.snapshot()) {
            feeds.each(snapshot, (id, row) -> each.accept(Long.parseLong(id), FeedRow.read(row)));
            retired.each(snapshot, (id, row) -> {
                int slash = id.indexOf('/');
                settled.accept(Long.parseLong(id.substring(0, slash)), Long.parseLong(id.substring(slash + 1)));
            });
        }
    }
}
