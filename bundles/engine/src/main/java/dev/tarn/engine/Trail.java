// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.security.Access;
import dev.tarn.api.security.Audit;
import dev.tarn.api.store.Draft;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What the audit trail hears from the door, while there is one: who was refused what, and who changed what. Safe on any thread. */
final class Trail {

    /** Rows of one commit that are written down each for itself; of the others the number. */
    private static final int EACH = 100;

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

    /** What was written, where it is followed. */
    void written(Context context, List<Draft> drafts) {
        Audit to = audit.get();
        if (to == null) {
            return;
        }
        int followed = 0;
        for (Draft draft : drafts) {
            if (draft.kind() != Kind.MESSAGE && follows(draft.table())) {
                Audit.Changed row = draft.guard() instanceof Witness witness ? witness.seen() : null;
                if (row != null && row.before() == null && row.after() == null) {
                    // There was nothing to remove.
                    continue;
                }
                followed++;
                if (followed <= EACH) {
                    to.record(new Audit.Event(
                            draft.kind().name().toLowerCase(Locale.ROOT),
                            context.user().name(),
                            context.protocol(),
                            context.remote(),
                            true,
                            draft.path().text(),
                            row));
                }
            }
        }
        if (followed > EACH) {
            write(context, "put", true, "and " + (followed - EACH) + " more with these");
        }
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
            to.record(
                    new Audit.Event(what, context.user().name(), context.protocol(), context.remote(), allowed, path));
        }
    }
}
