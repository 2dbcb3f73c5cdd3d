// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Row;
import dev.tarn.api.security.Access;
import dev.tarn.api.security.Rights;
import dev.tarn.engine.query.Sight;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the user of one mailbox may see of the tables that a filter covers, and of each change. Asked anew each time, so
 * that rights are in force at once. Confined to the mailbox's loop, but for what says otherwise.
 */
final class Visibility {

    private final Commons commons;
    private final CallContext context;

    /** What the user could do when the subscriptions were last looked at. Written on the loop. */
    private volatile Rights rights;

    Visibility(Commons commons, CallContext context) {
        this.commons = commons;
        this.context = context;
        this.rights = commons.permissions().rights(context);
    }

    /** Whether the user may see some tables, rows or attributes only. Any thread. */
    boolean restricted() {
        return !commons.permissions().rights(context).everything();
    }

    /** Whether subscriptions go by rights that are no longer so. Any thread. */
    boolean outdated() {
        return commons.permissions().rights(context) != rights;
    }

    /** Goes by the rights as they are now. */
    void renew() {
        rights = commons.permissions().rights(context);
    }

    /** Whether the user is still known to the server. */
    boolean known() {
        return rights.known();
    }

    /** Tables that the filter covers and the user may subscribe to; null for an administrator, who may see all. */
    @Nullable
    Set<String> tables(Filter filter) {
        Filter canonical = commons.routing().exports().canonical(filter);
        List<Exported> covered = commons.routing().exports().covered(canonical);
        if (!restricted() && !Permissions.withheld(context, covered)) {
            return null;
        }
        Set<String> tables = new HashSet<>();
        for (Exported exported : covered) {
            if (may(Access.Verb.SUBSCRIBE, exported, canonical) || may(Access.Verb.READ, exported, canonical)) {
                tables.add(exported.name());
            }
        }
        return Set.copyOf(tables);
    }

    private boolean may(Access.Verb verb, Exported exported, Filter canonical) {
        return commons.permissions().allows(context, verb, exported.table(), canonical.text());
    }

    /** Whether all that the filter covers, rows and messages, may be seen as it is. */
    boolean wholly(Filter filter) {
        Exports exports = commons.routing().exports();
        Filter canonical = exports.canonical(filter);
        return exports.covered(canonical).stream()
                .allMatch(exported -> (exported.table().root() || may(Access.Verb.READ, exported, canonical))
                        && may(Access.Verb.SUBSCRIBE, exported, canonical)
                        && readsEveryRow(exported));
    }

    /** Whether all rows that the filter covers may be read as they are. */
    boolean rowsWholly(Filter filter) {
        Exports exports = commons.routing().exports();
        Filter canonical = exports.canonical(filter);
        return exports.covered(canonical).stream()
                .allMatch(exported -> may(Access.Verb.READ, exported, canonical) && readsEveryRow(exported));
    }

    private boolean readsEveryRow(Exported exported) {
        return commons.permissions()
                .sight(context, Access.Verb.READ, exported.table())
                .whole();
    }

    /** The refusal of a filter. */
    Failure forbidden(Filter filter) {
        return commons.permissions().forbidden(context, Access.Verb.SUBSCRIBE, filter.text());
    }

    /** The change as its user may see it now; null when he may not. */
    @Nullable
    Change seen(Change change) {
        if (!restricted()) {
            return change;
        }
        Exported exported = commons.routing().exports().resolve(change.path().first());
        if (exported == null || !exported.name().equals(change.table())) {
            return null;
        }
        boolean message = change.kind() == Kind.MESSAGE;
        Access.Verb verb = message ? Access.Verb.SUBSCRIBE : Access.Verb.READ;
        if (!commons.permissions()
                .allows(context, verb, exported.table(), change.path().text())) {
            return null;
        }
        return message ? change : seen(change, commons.permissions().sight(context, verb, exported.table()));
    }

    private static @Nullable Change seen(Change change, Sight sight) {
        Body body = change.body();
        if (sight.whole()) {
            return change;
        } else if (body == null) {
            // Whether the row that went was in sight is not known any more, unless all rows are.
            return sight.everyRow() ? change : null;
        }
        Row seen = sight.see(new Row(change.path(), body, change.version(), change.attributes()));
        if (seen == null || seen.body() == body) {
            return seen == null ? null : change;
        }
        return new Change(
                change.sequence(),
                change.kind(),
                change.table(),
                change.path(),
                seen.body(),
                change.version(),
                change.previous(),
                change.attributes());
    }
}
