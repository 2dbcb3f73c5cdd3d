// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.security.TableRights.Grant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which rows of a table somebody may see or change, and what of them. Immutable; safe on any thread. */
public final class Sight {

    private static final Logger LOG = LoggerFactory.getLogger(Sight.class);

    /** Everything. */
    public static final Sight ALL = new Sight(null, null, List.of(), null);

    /** One grant: the rows that pass, and what of them; null for all attributes. */
    private record Ray(Matcher rows, @Nullable Set<String> attributes, Scope scope) {
        Ray(Matcher rows, @Nullable Set<String> attributes) {
            this(rows, attributes, attributes == null ? Scope.ALL : new Scope(attributes));
        }
    }

    /**
     * What of a row is in reach.
     *
     * @param attributes which; null for all of them
     */
    public record Scope(@Nullable Set<String> attributes) {
        /** All of it. */
        public static final Scope ALL = new Scope(null);
    }

    /** No rule is about other rows than its own. */
    private static final Joins NONE = new Joins(rows -> {});

    private final @Nullable Table table;
    private final @Nullable Bodies bodies;
    private final List<Ray> rays;

    /** What holds the id is never out of sight. */
    private final Set<String> keys = new HashSet<>();

    /** Whether a rule has failed, which is told once. */
    private final AtomicBoolean broken = new AtomicBoolean();

    /** What was seen lately; null to remember nothing. */
    private final @Nullable Glances glances;

    private Sight(@Nullable Table table, @Nullable Bodies bodies, List<Ray> rays, @Nullable Glances glances) {
        this.glances = glances;
        this.table = table;
        this.bodies = bodies;
        this.rays = List.copyOf(rays);
        if (table != null) {
            table.primaryKeys().forEach(key -> keys.add(key.name()));
        }
    }

    /**
     * What grants make visible.
     *
     * @throws Failure MALFORMED when a condition is none on the table
     */
    public static Sight of(Table table, List<Grant> grants, Bodies bodies) {
        return of(table, grants, bodies, null);
    }

    /**
     * What grants make visible.
     *
     * @param glances where what is seen is remembered; null for nowhere
     */
    public static Sight of(Table table, List<Grant> grants, Bodies bodies, @Nullable Glances glances) {
        Subject about = new Subject(
                table,
                path -> true,
                row -> row,
                bodies,
                name -> {
                    throw new Failure(Failure.Code.UNSUPPORTED, "a rule for rows is about one table");
                },
                attribute -> {});
        List<Ray> rays = new ArrayList<>();
        for (Grant grant : grants) {
            Question question = QueryParser.parse(grant.rows());
            if (question.gathers() || question.select() != null || question.explain()) {
                throw new Failure(Failure.Code.MALFORMED, "a rule for rows is conditions and nothing else");
            }
            rays.add(new Ray(new Binder(about).bind(question.where()), grant.attributes()));
        }
        return new Sight(table, bodies, rays, glances);
    }

    /** Whether nothing is hidden. */
    public boolean whole() {
        return table == null;
    }

    /** Whether no row is ever seen. */
    public boolean nothing() {
        return table != null && rays.isEmpty();
    }

    /** The attributes that are seen of some row at least; null for all. */
    public @Nullable Set<String> attributes() {
        if (table == null) {
            return null;
        }
        Set<String> names = new HashSet<>();
        for (Ray ray : rays) {
            if (ray.attributes() == null) {
                return null;
            }
            names.addAll(ray.attributes());
        }
        return names;
    }

    /** Whether every row is seen, if not all of it. */
    public boolean everyRow() {
        return table == null
                || rays.stream()
                        .anyMatch(ray -> ray.rows() instanceof Matcher.All all
                                && all.parts().isEmpty());
    }

    /** The row as it is seen; null when it is not. */
    public @Nullable Row see(Row row) {
        if (table == null) {
            return row;
        }
        return glances == null ? look(row) : glances.see(this, row);
    }

    /** As {@link #see}, without asking what was seen lately. */
    @Nullable
    Row look(Row row) {
        if (table == null) {
            return row;
        }
        Item item = new Item(table, row, NONE);
        Scope scope = scope(item);
        Set<String> visible = scope == null ? Set.of() : scope.attributes();
        return scope == null ? null : visible == null ? row : reduced(row, item.body(), visible);
    }

    /** A rule that fails says no. */
    private boolean passes(Ray ray, Item item) {
        try {
            return ray.rows().matches(item);
        } catch (RuntimeException bug) {
            if (!broken.getAndSet(true)) {
                LOG.error(
                        "an access rule failed on a row and counts as no: table={}",
                        table == null ? "" : table.qualifiedName(),
                        bug);
            }
            return false;
        }
    }

    /** The row as it is seen, which is known to be. */
    Row shown(Row row) {
        Row seen = see(row);
        if (seen == null) {
            throw new IllegalStateException("a row is found that may not be seen");
        }
        return seen;
    }

    private Row reduced(Row row, @Nullable Object body, Set<String> visible) {
        Map<String, @Nullable Object> shown = new LinkedHashMap<>();
        if (body instanceof Map<?, ?> map) {
            map.forEach((name, value) -> {
                if (keys.contains(name) || visible.contains(name)) {
                    shown.put(String.valueOf(name), value);
                }
            });
        }
        return new Row(row.path(), java.util.Objects.requireNonNull(bodies).of(shown), row.version(), row.attributes());
    }

    /** What of this row is in reach; null where the row is not. */
    public @Nullable Scope scope(Row row) {
        return table == null ? Scope.ALL : scope(new Item(table, row, NONE));
    }

    private @Nullable Scope scope(Item item) {
        Scope scope = null;
        for (Ray ray : rays) {
            if (passes(ray, item)) {
                if (ray.attributes() == null) {
                    return Scope.ALL;
                }
                scope = scope == null ? ray.scope() : both(scope, ray.attributes());
            }
        }
        return scope;
    }

    private static Scope both(Scope scope, Set<String> attributes) {
        Set<String> all = new HashSet<>(attributes);
        if (scope.attributes() != null) {
            all.addAll(scope.attributes());
        }
        return new Scope(all);
    }

    /** The conditions together with those of a query. */
    Matcher within(Matcher asked) {
        if (table == null) {
            return asked;
        }
        List<Matcher> all = new ArrayList<>();
        all.add(new Matcher.Any(rays.stream().map(Ray::rows).toList()));
        if (asked instanceof Matcher.All both) {
            all.addAll(both.parts());
        } else {
            all.add(asked);
        }
        return new Matcher.All(all);
    }

    /**
     * Refuses a query that is about something hidden: by it alone one could be told from another.
     *
     * @throws Failure FORBIDDEN
     */
    void check(Question question) {
        if (table == null) {
            return;
        }
        if (question.explain()) {
            throw new Failure(Failure.Code.FORBIDDEN, "explain() is for those who may read the whole table");
        }
        check(question.where());
        Near near = question.near();
        if (near != null) {
            check(near.attribute());
        }
        question.sort().forEach(order -> check(order.property()));
        question.group().forEach(this::check);
        question.aggregates().forEach(aggregate -> check(aggregate.property()));
        Fields select = question.select();
        if (select != null) {
            select.fields().forEach(field -> check(field.name()));
        }
    }

    private void check(Where where) {
        if (where instanceof Where.And and) {
            and.parts().forEach(this::check);
        } else if (where instanceof Where.Or or) {
            or.parts().forEach(this::check);
        } else if (where instanceof Where.Compare compare) {
            check(compare.property());
        }
    }

    /** Only what is visible in every row that is: else the answer would tell which rule a row passes. */
    private void check(String property) {
        int dot = property.indexOf('.');
        String first = dot < 0 ? property : property.substring(0, dot);
        if (property.isEmpty() || property.startsWith("$") || keys.contains(property)) {
            return;
        }
        for (Ray ray : rays) {
            if (ray.attributes() != null && !ray.attributes().contains(first)) {
                throw new Failure(Failure.Code.FORBIDDEN, "you may not read " + QueryParser.shown(first));
            }
        }
    }
}
