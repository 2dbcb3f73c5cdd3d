// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.application.Mount;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Table;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An application's tables with the logic that goes over them.
 *
 * @param tables the declared ones, exported where their logic says, and one made up for each endpoint, so that rights,
 *     subscriptions and messages are there what they are everywhere
 * @param mounted by the qualified name of the table
 */
record Mounting(List<Table> tables, Map<String, Mounted> mounted) {

    /**
     * Puts logic in its place; what was mounted before and is the same object goes on.
     *
     * @throws Failure INVALID when there is no such table, or two for one place
     */
    static Mounting of(
            String application,
            List<Table> declared,
            List<Mount> mounts,
            Map<String, Mounted> before,
            ApplicationThreads threads) {
        Map<String, Table> tables = new LinkedHashMap<>();
        // Twice the same name is found and refused where all tables are checked.
        List<Table> doubles = new ArrayList<>();
        for (Table table : declared) {
            if (tables.putIfAbsent(table.qualifiedName(), table) != null) {
                doubles.add(table);
            }
        }
        Map<String, Mounted> mounted = new LinkedHashMap<>();
        for (Mount mount : mounts) {
            Table table = mount.table() == null ? endpoint(mount, tables) : exported(mount, tables.get(mount.table()));
            tables.put(table.qualifiedName(), table);
            Mounted same = before.get(table.qualifiedName());
            Mounted next = same != null && same.logic() == mount.logic()
                    ? same
                    : new Mounted(application, mount.logic(), mount.table() == null, threads);
            if (mounted.put(table.qualifiedName(), next) != null) {
                throw refused("there are two resources for table " + table.name());
            }
        }
        List<Table> all = new ArrayList<>(tables.values());
        all.addAll(doubles);
        return new Mounting(List.copyOf(all), mounted);
    }

    private static Table endpoint(Mount mount, Map<String, Table> tables) {
        Table made = new Table(Table.DATA, mount.export(), mount.export(), List.of(), Table.Rules.OPAQUE);
        if (mount.export().isEmpty() || mount.export().indexOf('/') >= 0 || tables.containsKey(made.qualifiedName())) {
            throw refused("\"" + mount.export() + "\" cannot be the path of a resource without a table");
        }
        return made;
    }

    private static Table exported(Mount mount, @Nullable Table table) {
        if (table == null) {
            throw refused("there is no table " + mount.table() + " for resource " + mount.export());
        }
        String export = table.export();
        if (export == null) {
            return new Table(table.database(), table.name(), mount.export(), table.attributes(), table.rules());
        }
        if (!export.equals(mount.export())) {
            throw refused("table " + table.name() + " is exported as \"" + export + "\", and its resource as \""
                    + mount.export() + "\"");
        }
        return table;
    }

    private static Failure refused(String why) {
        return new Failure(Failure.Code.INVALID, why);
    }
}
