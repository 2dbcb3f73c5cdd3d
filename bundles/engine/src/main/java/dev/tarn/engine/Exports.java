// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which table answers for which first segment: the one exported under exactly this name, else the only one that differs
 * in case alone, else the root table. Immutable; a deployment makes a new one.
 */
final class Exports {

    private final Map<String, Exported> exact = new HashMap<>();
    private final Map<String, Exported> folded = new HashMap<>();
    private final @Nullable Exported root;
    private final Map<String, Exported> stored = new HashMap<>();
    private final boolean mounted;

    /**
     * @param tables the exported ones but for the root table; names differ, also when case is ignored
     * @param root the table of all other paths, or null where those are refused
     */
    Exports(Collection<Exported> tables, @Nullable Exported root) {
        this(tables, root, List.of());
    }

    /** @param inner tables that no path leads to */
    Exports(Collection<Exported> tables, @Nullable Exported root, Collection<Exported> inner) {
        this.root = root;
        inner.forEach(table -> stored.put(table.name(), table));
        tables.forEach(table -> stored.put(table.name(), table));
        if (root != null) {
            stored.put(root.name(), root);
        }
        this.mounted = stored.values().stream().anyMatch(each -> each.mounted() != null);
        for (Exported exported : tables) {
            exact.put(exported.export(), exported);
            folded.put(fold(exported.export()), exported);
        }
    }

    /** Whether any application has logic anywhere. */
    boolean mounted() {
        return mounted;
    }

    /** How names are compared when case is ignored. */
    static String fold(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    /** The table for paths with this first segment; null when there is none. */
    @Nullable
    Exported resolve(String first) {
        Exported named = named(first);
        return named == null ? root : named;
    }

    /** The exported table that this first segment names in any case; null when it belongs to the root table. */
    @Nullable
    Exported named(String first) {
        Exported same = exact.get(first);
        return same != null || exact.isEmpty() ? same : folded.get(fold(first));
    }

    /**
     * The table of a path.
     *
     * @throws Failure NOT_FOUND where paths that no table is exported for are refused
     */
    Exported of(Path path) {
        Exported exported = resolve(path.first());
        if (exported == null) {
            throw unmapped(path.first());
        }
        return exported;
    }

    /** The table of this qualified name, whether or not paths lead to it; null when there is none. */
    @Nullable
    Exported stored(String name) {
        return stored.get(name);
    }

    /** The table for all other paths, or null. */
    @Nullable
    Exported root() {
        return root;
    }

    /**
     * The canonical form of a filter, which the topic tree and the store understand.
     *
     * @throws Failure NOT_FOUND where paths that no table is exported for are refused
     */
    Filter canonical(Filter filter) {
        if (filter.startsWithWildcard()) {
            return filter;
        }
        Exported exported = resolve(filter.first());
        if (exported == null) {
            throw unmapped(filter.first());
        }
        return exported.canonical(filter);
    }

    /** The tables that a canonical filter may cover rows of: the root table last. */
    List<Exported> covered(Filter canonical) {
        if (!canonical.startsWithWildcard()) {
            Exported exported = resolve(canonical.first());
            return exported == null ? List.of() : List.of(exported);
        }
        List<Exported> all = new ArrayList<>();
        for (Exported exported : new TreeMap<>(exact).values()) {
            if (!exported.export().startsWith("$")) {
                all.add(exported);
            }
        }
        if (root != null) {
            all.add(root);
        }
        return all;
    }

    /** Whether rows and messages of this table at this path are reachable, and not hidden behind another table. */
    boolean reaches(String table, Path path) {
        Exported exported = resolve(path.first());
        return exported != null && exported.name().equals(table);
    }

    /** First segments, folded, that another route table answers differently for. */
    Set<String> differences(Exports other) {
        Set<String> names = new TreeSet<>();
        for (String name : folded.keySet()) {
            if (!sameRoute(folded.get(name), other.folded.get(name))) {
                names.add(name);
            }
        }
        for (String name : other.folded.keySet()) {
            if (!folded.containsKey(name)) {
                names.add(name);
            }
        }
        return names;
    }

    private static boolean sameRoute(@Nullable Exported a, @Nullable Exported b) {
        return a != null
                && b != null
                && a.export().equals(b.export())
                && a.table().numericIds() == b.table().numericIds()
                && a.table().mixedIds() == b.table().mixedIds();
    }

    Collection<Exported> all() {
        return exact.values();
    }

    private static Failure unmapped(String first) {
        String shown = first.length() > 40 ? first.substring(0, 40) + "…" : first;
        return new Failure(Failure.Code.NOT_FOUND, "nothing is exported as \"" + shown + "\"");
    }
}
