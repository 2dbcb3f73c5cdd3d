// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.security.Access;
import dev.tarn.api.security.Rights;
import dev.tarn.api.security.TableRights;
import dev.tarn.engine.query.Glances;
import dev.tarn.engine.query.Sight;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks whether a context's user may do something; a rule that throws says no. Safe on any thread. */
final class Permissions {

    private static final Logger LOG = LoggerFactory.getLogger(Permissions.class);
    private static final int MOST_TOLD = 1_000;
    private static final int MOST_SIGHTS = 10_000;

    private final Access access;
    private final Bodies bodies;
    private final Trail trail = new Trail();

    /** Tables whose rules are no conditions, so that each is in the log once and not once a request. */
    private final Set<String> broken = ConcurrentHashMap.newKeySet();

    /** What rules make of tables, for whoever they are of. */
    private final Map<Ruled, Sight> sights = new ConcurrentHashMap<>();

    private final Glances glances = new Glances();

    Permissions(Access access, Bodies bodies) {
        this.access = access;
        this.bodies = bodies;
    }

    /** Rules of a table, whosever they are. */
    private record Ruled(Table table, List<TableRights.Grant> grants) {}

    /** Calls the task after each change of rights; see {@link Access#observe}. */
    AutoCloseable observe(Runnable changed) {
        return access.observe(changed);
    }

    /** Who hears of refusals and changes. */
    Trail trail() {
        return trail;
    }

    /** What the context's user may do now. */
    Rights rights(Context context) {
        return CallContext.of(context).seen(access).rights();
    }

    /** Whether it is allowed; the path may be the text of a filter. */
    boolean allows(Context context, Access.Verb verb, Table table, String path) {
        if (table.rules().withheld().contains(context.protocol())) {
            return false;
        }
        try {
            return reach(context, table).allows(verb, path);
        } catch (RuntimeException bug) {
            LOG.error("an access rule failed and counts as no: verb={} table={}", verb, table.qualifiedName(), bug);
            return false;
        }
    }

    /** Which rows of the table the verb is allowed for, where its path is. A rule that cannot be understood is none. */
    Sight sight(Context context, Access.Verb verb, Table table) {
        return reach(context, table).sight(verb);
    }

    private Reach reach(Context context, Table table) {
        return CallContext.of(context).seen(access).reach(table, this::shared);
    }

    /** The same for everybody whose rules are the same. */
    private Sight shared(Table table, List<TableRights.Grant> grants) {
        if (sights.size() >= MOST_SIGHTS) {
            sights.clear();
        }
        return sights.computeIfAbsent(new Ruled(table, List.copyOf(grants)), ruled -> compiled(ruled));
    }

    private Sight compiled(Ruled ruled) {
        Table table = ruled.table();
        List<TableRights.Grant> good = new ArrayList<>();
        for (TableRights.Grant grant : ruled.grants()) {
            try {
                Sight.of(table, List.of(grant), bodies);
                good.add(grant);
            } catch (RuntimeException wrong) {
                if (broken.size() < MOST_TOLD && broken.add(table.qualifiedName() + " " + grant.rows())) {
                    LOG.error(
                            "access=denied table={} rule=\"{}\" reason=\"{}\"",
                            table.qualifiedName(),
                            grant.rows(),
                            wrong.getMessage());
                }
            }
        }
        return Sight.of(table, good, bodies, glances);
    }

    /**
     * Does nothing where it is allowed.
     *
     * @throws Failure FORBIDDEN where it is not
     */
    void check(Context context, Access.Verb verb, Exported exported, Path path) {
        if (!allows(context, verb, exported.table(), path.text())) {
            throw forbidden(context, verb, path.text());
        }
    }

    /** Whether there is a table that this protocol does not reach. */
    static boolean withheld(Context context, java.util.Collection<Exported> tables) {
        for (Exported exported : tables) {
            if (exported.table().rules().withheld().contains(context.protocol())) {
                return true;
            }
        }
        return false;
    }

    /** A refusal, which is written down. */
    Failure forbidden(Context context, Access.Verb verb, String path) {
        trail.refused(context, verb, path);
        return new Failure(
                Failure.Code.FORBIDDEN,
                context.user().name() + " may not " + verb.name().toLowerCase(Locale.ROOT) + " " + path);
    }
}
