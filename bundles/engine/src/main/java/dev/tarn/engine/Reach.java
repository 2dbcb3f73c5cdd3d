// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Table;
import dev.tarn.api.security.Access;
import dev.tarn.api.security.TableRights;
import dev.tarn.engine.query.Sight;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;

/** What one user's rights make of one table; put together when it is first asked for. Safe on any thread. */
final class Reach {

    private final Table table;
    private final TableRights rights;
    private final BiFunction<Table, List<TableRights.Grant>, Sight> compiler;
    private final Map<Access.Verb, Sight> sights = new ConcurrentHashMap<>();

    /** @param compiler makes of grants what they let see */
    Reach(Table table, TableRights rights, BiFunction<Table, List<TableRights.Grant>, Sight> compiler) {
        this.table = table;
        this.rights = rights;
        this.compiler = compiler;
    }

    /** Whether it is of this very table: one that is deployed anew under its name may be another. */
    @SuppressWarnings("ReferenceEquality") // To compare all that is declared would cost more than to begin anew.
    boolean of(Table asked) {
        return table == asked;
    }

    /**
     * Whether the verb is allowed somewhere at this path.
     *
     * @param path may be the text of a filter
     */
    boolean allows(Access.Verb verb, String path) {
        // Where no rule can be understood nothing is allowed.
        return rights.allows(verb, path) && (rights.whole(verb) || !sight(verb).nothing());
    }

    /** Which rows the verb is allowed for, where its path is. */
    Sight sight(Access.Verb verb) {
        if (rights.whole(verb)) {
            return Sight.ALL;
        }
        Sight known = sights.get(verb);
        return known != null
                ? known
                : sights.computeIfAbsent(verb, asked -> compiler.apply(table, rights.grants(asked)));
    }
}
