// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.security.Access;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks whether a context's user may do something; a rule that throws says no. Safe on any thread. */
final class Permissions {

    private static final Logger LOG = LoggerFactory.getLogger(Permissions.class);

    private final Access access;

    Permissions(Access access) {
        this.access = access;
    }

    /** Whether it is allowed; the path may be the text of a filter. */
    boolean allows(Context context, Access.Verb verb, Table table, String path) {
        if (table.rules().withheld().contains(context.protocol())) {
            return false;
        }
        try {
            return access.allows(context.user(), verb, table, path);
        } catch (RuntimeException bug) {
            LOG.error("an access rule failed and counts as no: verb={} table={}", verb, table.qualifiedName(), bug);
            return false;
        }
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

    static Failure forbidden(Context context, Access.Verb verb, String path) {
        return new Failure(
                Failure.Code.FORBIDDEN,
                context.user().name() + " may not " + verb.name().toLowerCase(Locale.ROOT) + " " + path);
    }
}
