// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Table;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jetbrains.exodus.env.Store;
import jetbrains.exodus.env.Transaction;

/**
 * Puts plans in place in one transaction: rows, indexes, expiry, chunks, and the log's entries with their numbers. For one
 * transaction on the committer thread.
 */
final class Batch {

    private static final byte[] NOTHING = new byte[0];

    private final Database database;
    private final ChunkStore chunks;
    private final ContentCollector contents;
    private final Transaction transaction;
    private final long now;
    private long sequence;
    private long logBytes;
    private final List<Plan> done = new ArrayList<>();
    private final Map<Integer, SequenceList> byTable = new HashMap<>();

    /**
     * What a write has become.
     *
     * @param commit for the writer: all changes, those that are not logged with sequence 0
     * @param logged for the observers: logged changes only
     */
    record Outcome(Commit commit, Commit logged) {}

    Batch(Core core, Transaction transaction, long now, long lastSequence) {
        this.database = core.database();
        this.chunks = new ChunkStore(database);
        this.contents = core.collector();
        this.transaction = transaction;
        this.now = now;
        this.sequence = lastSequence;
    }

    /** The sequence of the last change so far. */
    long sequence() {
        return sequence;
    }

    /** How much the log has grown. */
    long logBytes() {
        return logBytes;
    }

    /** What has been put in place, in order. */
    List<Plan> done() {
        return done;
    }

    /** Writes what is kept once for the whole batch; nothing may be applied afterwards. */
    void finish() {
        byTable.values().forEach(SequenceList::put);
    }

    Outcome apply(List<Plan> plans) {
        int logged = 0;
        for (Plan plan : plans) {
            logged += logged(plan) ? 1 : 0;
        }
        List<Change> all = new ArrayList<>(plans.size());
        List<Change> told = logged == plans.size() ? all : new ArrayList<>(logged);
        int index = 0;
        for (Plan plan : plans) {
            boolean log = logged(plan);
            if (plan.payload().chunked() != 0) {
                int references = (plan.row() != null ? 1 : 0) + (log ? 1 : 0);
                if (references > 0) {
                    chunks.write(
                            transaction,
                            plan.payload().chunked(),
                            plan.payload().content(),
                            references);
                }
            }
            if (plan.changesRow()) {
                row(plan);
            }
            if (log) {
                log(plan, ++sequence, new LogFormat.Place(index++, logged));
            }
            Change change = change(plan, log ? sequence : 0);
            all.add(change);
            if (log && told != all) {
                told.add(change);
            }
        }
        done.addAll(plans);
        Commit commit = new Commit(logged == 0 ? 0 : sequence, now, all);
        return new Outcome(commit, told == all ? commit : new Commit(commit.sequence(), now, told));
    }

    private static boolean logged(Plan plan) {
        return plan.target().table().table().rules().keeping() != Table.Keeping.STATE;
    }

    private static Change change(Plan plan, long sequence) {
        return new Change(
                sequence,
                plan.target().kind(),
                plan.target().table().table().qualifiedName(),
                plan.target().path(),
                plan.body(),
                plan.stamp().version(),
                plan.stamp().previous(),
                plan.attributes());
    }

    private void row(Plan plan) {
        Plan.Target target = plan.target();
        OpenTable table = target.table();
        for (int i = 0; i < target.removed().size(); i++) {
            Store index = table.indexes().get(i).store();
            for (byte[] key : target.removed().get(i)) {
                Database.delete(index, transaction, key);
            }
            for (byte[] key : target.added().get(i)) {
                Database.put(index, transaction, key, NOTHING);
            }
        }
        // First those that come, so that what stays is never let go.
        if (plan.row() != null) {
            plan.payload().contents().forEach(content -> contents.attach(transaction, content));
        }
        RowFormat.StoredRow old = plan.old();
        if (old != null) {
            old.contents().forEach(content -> contents.detach(transaction, content.number()));
            if (old.expiresAt() != 0) {
                Database.delete(
                        database.expiry, transaction, Expiry.key(old.expiresAt(), table.number(), target.key()));
            }
            if (old.chunked()) {
                chunks.release(
                        transaction,
                        PayloadFormat.location(old.payload(), old.form()).number());
            }
        }
        RowFormat.StoredRow row = plan.row();
        if (row == null) {
            Database.delete(table.rows(), transaction, target.key());
            return;
        }
        Database.put(table.rows(), transaction, target.key(), row.bytes());
        if (plan.stamp().expiresAt() != 0) {
            byte[] key = Expiry.key(plan.stamp().expiresAt(), table.number(), target.key());
            Database.put(database.expiry, transaction, key, NOTHING);
        }
    }

    private void log(Plan plan, long number, LogFormat.Place place) {
        Plan.Target target = plan.target();
        OpenTable table = target.table();
        int flags = RowFormat.flags(plan.payload(), plan.stamp().expiresAt());
        LogFormat.Entry entry = new LogFormat.Entry(
                number,
                target.kind(),
                flags,
                place,
                plan.stamp(),
                table.number(),
                target.path().text(),
                plan.payload().contents());
        byte[] value = LogFormat.write(entry, plan.payload());
        long size = (long) value.length + plan.payload().content().length;
        logBytes += LogFormat.weight(size);
        database.log.putRight(transaction, Database.of(Keys.u64(number)), Database.of(value));
        byTable.computeIfAbsent(table.number(), any -> new SequenceList(database, transaction, table.number()))
                .add(number);
        if (!table.table().rules().history().isZero()) {
            byte[] key = LogFormat.pathKey(table.number(), target.path(), number);
            Database.put(database.logByPath, transaction, key, NOTHING);
        }
    }
}
