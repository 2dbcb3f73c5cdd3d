// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import dev.tarn.api.application.Action;
import dev.tarn.api.application.Mount;
import dev.tarn.api.data.Table;
import dev.tarn.scripting.Modules.Exported;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where what modules export answers. A class answers at the name under which it is exported, or at its own where that is
 * {@code default}. One that extends a table which is not exported, or is exported under that very name, is put over the
 * table; any other answers beside it.
 */
final class Exports {

    private static final Logger LOG = LoggerFactory.getLogger(Exports.class);

    /** What a class that extends a table offers beside that table. */
    private static final Set<Action> TABLE = Set.copyOf(
            EnumSet.of(Action.GET, Action.FIND, Action.PUT, Action.PATCH, Action.DELETE, Action.POST, Action.PUBLISH));

    private Exports() {}

    /**
     * The mounts of what is exported.
     *
     * @throws dev.tarn.api.data.Failure INVALID when something can answer nowhere
     */
    static List<Mount> mounts(Loaded program, List<Exported> found) {
        List<Flaw> flaws = new ArrayList<>();
        Map<String, Exported> named = new LinkedHashMap<>();
        for (Exported one : found) {
            if (one.file().equals(Modules.THROUGH)) {
                sourced(program, one, found, named);
                continue;
            }
            String name = one.name().equals("default") ? one.called() : one.name();
            if (!one.resource()) {
                LOG.warn(
                        "application={} {}: {} is passed over since it does not extend Resource",
                        program.application(),
                        one.file(),
                        one.name());
            } else if (name.isEmpty()) {
                flaws.add(new Flaw(one.file(), 0, "the default export needs a class that has a name"));
            } else {
                Exported before = named.putIfAbsent(name, one);
                if (before != null && !same(before, one)) {
                    flaws.add(new Flaw(
                            one.file(),
                            0,
                            "there are two resources '" + name + "', the other one in " + before.file()));
                }
            }
        }
        if (!flaws.isEmpty()) {
            throw Flaw.refusal(flaws);
        }
        return mounts(program, named);
    }

    /** A table that is written where it comes from, too: unless the application has a class over it, which then does as it likes. */
    private static void sourced(Loaded program, Exported one, List<Exported> found, Map<String, Exported> named) {
        boolean free = found.stream()
                .noneMatch(other ->
                        !other.file().equals(Modules.THROUGH) && other.table().equals(one.table()));
        program.known().stream()
                .filter(table -> free && table.qualifiedName().equals(one.table()) && table.export() != null)
                .forEach(table -> named.put(String.valueOf(table.export()), one));
    }

    /** A class may be exported both by its name and as the default. */
    private static boolean same(Exported a, Exported b) {
        return a.file().equals(b.file())
                && a.called().equals(b.called())
                && a.table().equals(b.table());
    }

    private static List<Mount> mounts(Loaded program, Map<String, Exported> named) {
        Set<String> over = new HashSet<>();
        Map<String, Mount> mounts = new LinkedHashMap<>();
        // A class that is called as its table has the first claim on it.
        named.forEach((name, one) -> {
            if (one.table().endsWith("." + name)) {
                claim(program, name, one, over, mounts);
            }
        });
        named.forEach((name, one) -> claim(program, name, one, over, mounts));
        return List.copyOf(mounts.values());
    }

    private static void claim(Loaded program, String name, Exported one, Set<String> over, Map<String, Mount> mounts) {
        if (mounts.containsKey(name)) {
            return;
        }
        Table table = program.known().stream()
                .filter(known -> known.qualifiedName().equals(one.table()))
                .findFirst()
                .orElse(null);
        boolean free = table != null
                && program.owns(table)
                && (table.export() == null || name.equals(table.export()))
                && over.add(table.qualifiedName());
        Set<Action> actions = EnumSet.noneOf(Action.class);
        one.actions().forEach(action -> actions.add(Action.valueOf(action)));
        if (table != null && !free) {
            actions.addAll(TABLE);
        }
        if (table != null && free) {
            program.exports(table.qualifiedName(), name);
        }
        boolean numeric = table != null && table.numericIds();
        ScriptLogic logic = new ScriptLogic(program, new ScriptLogic.Place(one.key(), free, numeric), actions);
        mounts.put(name, new Mount(name, free ? one.table() : null, logic));
    }
}
