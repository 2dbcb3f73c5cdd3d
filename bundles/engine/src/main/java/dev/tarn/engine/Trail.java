// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.security.Access;
import dev.tarn.api.security.Audit;
import dev.tarn.api.store.Draft;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What the audit trail hears from the door, while there is one: who was refused what, and who changed what. Safe on any thread. */
final class Trail {

    /** Rows of one commit that are written down each for itself; of the others the number. */
    private static final int EACH = 100;

    /** Where entries are. */
    private static final String TABLE = Table.SYSTEM + ".audit";

    private final AtomicReference<@Nullable Audit> audit = new AtomicReference<>();

    void set(Audit to) {
        audit.set(to);
    }

    void unset(Audit from) {
        audit.compareAndSet(from, null);
    }

    /** Somebody may not do what he asked for. */
    void refused(Context context, Access.Verb verb, String path) {
        write(context, verb.name().toLowerCase(Locale.ROOT), false, path);
    }

    /** Whether changes of the table's rows are written down. */
    boolean follows(Table table) {
        Audit to = audit.get();
        return to != null && (table.rules().audited() || to.follows(table.qualifiedName()));
    }

    /** The drafts, and behind them an entry for each that is followed: they take effect together or not at all. */
    List<Draft> with(Context context, List<Draft> drafts) {
        Audit to = audit.get();
        if (to == null) {
            return drafts;
        }
        List<Draft> entries = new ArrayList<>(0);
        List<Witness> others = new ArrayList<>(0);
        for (Draft draft : drafts) {
            if (draft.guard() instanceof Witness witness) {
                if (entries.size() < EACH) {
                    entries.add(to.entry(() -> changed(context, draft, witness)));
                } else {
                    others.add(witness);
                }
            }
        }
        if (entries.isEmpty()) {
            return drafts;
        }
        if (!others.isEmpty()) {
            entries.add(to.entry(() -> changed(context, others)));
        }
        List<Draft> all = new ArrayList<>(drafts);
        all.addAll(entries);
        return all;
    }

    /** What became of one row; null when there was nothing to remove. */
    private static Audit.@Nullable Event changed(Context context, Draft draft, Witness witness) {
        Audit.Changed row = witness.seen();
        return row == null
                ? null
                : new Audit.Event(
                        draft.kind().name().toLowerCase(Locale.ROOT),
                        context.user().name(),
                        context.protocol(),
                        context.remote(),
                        true,
                        draft.path().text(),
                        row);
    }

    private static Audit.@Nullable Event changed(Context context, List<Witness> witnesses) {
        long more = witnesses.stream().filter(witness -> witness.seen() != null).count();
        return more == 0 ? null : event(context, "put", true, "and " + more + " more with these");
    }

    /** The commit without entries, which are nobody's business. */
    static Commit without(Commit commit) {
        for (Change change : commit.changes()) {
            if (change.table().equals(TABLE)) {
                return new Commit(
                        commit.sequence(),
                        commit.timestamp(),
                        commit.changes().stream()
                                .filter(each -> !each.table().equals(TABLE))
                                .toList());
            }
        }
        return commit;
    }

    /** What was not written because its content or its row is out of reach. */
    void failed(Context context, List<Draft> drafts, Throwable why) {
        if (why instanceof Failure failure && failure.code() == Failure.Code.FORBIDDEN && !drafts.isEmpty()) {
            Draft first = drafts.get(0);
            write(
                    context,
                    first.kind().name().toLowerCase(Locale.ROOT),
                    false,
                    first.path().text());
        }
    }

    private void write(Context context, String what, boolean allowed, String path) {
        Audit to = audit.get();
        if (to != null) {
            to.record(event(context, what, allowed, path));
        }
    }

    private static Audit.Event event(Context context, String what, boolean allowed, String path) {
        return new Audit.Event(what, context.user().name(), context.protocol(), context.remote(), allowed, path);
    }
}
