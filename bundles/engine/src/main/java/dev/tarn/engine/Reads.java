// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Found;
import dev.tarn.api.resource.Query;
import dev.tarn.api.resource.Search;
import dev.tarn.api.security.Access;
import dev.tarn.api.store.Snapshot;
import dev.tarn.engine.query.Queries;
import dev.tarn.engine.query.Sight;
import dev.tarn.engine.query.Subject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;

/** Answers questions about rows and tables. Safe on any thread, never blocks the caller. */
final class Reads {

    /** Who may do one of these may know what the attributes are called. */
    private static final List<Access.Verb> NAMING = List.of(Access.Verb.READ, Access.Verb.INSERT, Access.Verb.UPDATE);

    private final Commons commons;
    private final Queries queries;

    Reads(Commons commons) {
        this.commons = commons;
        this.queries = new Queries(
                commons.store(), commons.workers(), commons.settings().queries());
    }

    CompletionStage<Optional<Row>> get(Context context, Path path) {
        Route route = commons.routing().route(path);
        return get(context, route.exported(), route.path());
    }

    /** @param path canonical */
    CompletionStage<Optional<Row>> get(Context context, Exported exported, Path path) {
        commons.permissions().check(context, Access.Verb.READ, exported, path);
        if (exported.id(path) == null) {
            throw new Failure(Failure.Code.MALFORMED, "\"" + path + "\" is a table, not a row");
        }
        Sight sight = commons.permissions().sight(context, Access.Verb.READ, exported.table());
        try {
            return commons.store()
                    .get(exported.table(), path, commons.workers())
                    .thenApply(row -> row.map(each -> commons.payloads().row(exported.name(), each))
                            .map(sight::see));
        } catch (RejectedExecutionException busy) {
            throw new Failure(Failure.Code.BUSY, "too many reads at once, try again");
        }
    }

    /** A row of the store as the context may see it; empty when it may not. */
    Optional<Row> seen(Context context, Exported exported, Row row) {
        Sight sight = commons.permissions().sight(context, Access.Verb.READ, exported.table());
        return Optional.of(row)
                .map(each -> commons.payloads().row(exported.name(), each))
                .map(sight::see);
    }

    CompletionStage<Flow.Publisher<Row>> find(Context context, Query query) {
        Exports exports = commons.routing().exports();
        Exported exported = readable(exports, context, query.resource());
        Path after = query.after();
        return CompletableFuture.completedFuture(queries.rows(
                subject(context, exports, exported),
                prefix(exported, query.resource(), query.prefix()),
                after == null ? null : exported.canonical(after),
                query.offset(),
                query.limit()));
    }

    CompletionStage<Found> search(Context context, Search search) {
        Exports exports = commons.routing().exports();
        Exported exported = readable(exports, context, search.resource());
        return queries.search(
                subject(context, exports, exported),
                prefix(exported, search.resource(), search.prefix()),
                search.text(),
                search.count());
    }

    /** Rows of a table for somebody who has been let in, where no path may lead. */
    CompletionStage<Found> search(Context context, Exports exports, Exported exported, String prefix, String query) {
        return queries.search(subject(context, exports, exported), prefix, query, false);
    }

    /** The rows that a search finds, whole. */
    CompletionStage<Found> rows(Context context, Search search) {
        Exports exports = commons.routing().exports();
        Exported exported = readable(exports, context, search.resource());
        return queries.rows(
                subject(context, exports, exported),
                prefix(exported, search.resource(), search.prefix()),
                search.text());
    }

    private Exported readable(Exports exports, Context context, String resource) {
        Exported exported = resource(exports, resource);
        Path asked = resource.isEmpty() ? Path.of("/") : exported.canonical(Path.of(resource));
        // A list is all that is below, not the one path.
        String all = asked.text().equals("/") ? "#" : asked.text() + "/#";
        if (!commons.permissions().allows(context, Access.Verb.READ, exported.table(), all)) {
            throw commons.permissions().forbidden(context, Access.Verb.READ, asked.text());
        }
        return exported;
    }

    /** The table as a query sees it. */
    Subject subject(Context context, Exports exports, Exported exported) {
        return subject(commons, exports, exported, name -> related(context, exports, name))
                .seenBy(commons.permissions().sight(context, Access.Verb.READ, exported.table()));
    }

    /** The table as a live query sees it, which knows no other. */
    static Subject subject(Commons commons, Exported exported) {
        return subject(commons, commons.routing().exports(), exported, name -> {
            throw new Failure(
                    Failure.Code.UNSUPPORTED,
                    "a live query is about the rows of one table, and " + name
                            + " is another; watch both, and join them yourself");
        });
    }

    private static Subject subject(
            Commons commons, Exports exports, Exported exported, Function<String, Subject> others) {
        Table table = exported.table();
        return new Subject(
                table,
                path -> table.export() == null || exports.reaches(exported.name(), path),
                row -> commons.payloads().row(exported.name(), row),
                commons.payloads().bodies(),
                others,
                attribute -> commons.checkComputed(exported.name(), attribute));
    }

    /** A table that another one's rows are related to. */
    private Subject related(Context context, Exports exports, String name) {
        Exported other = exports.stored(name);
        if (other == null) {
            throw new Failure(Failure.Code.NOT_FOUND, "table " + name + " is not there");
        }
        String export = other.table().export();
        Path about = Path.of(export == null || export.isEmpty() ? other.table().name() : export);
        commons.permissions().check(context, Access.Verb.READ, other, about);
        if (!commons.permissions()
                .sight(context, Access.Verb.READ, other.table())
                .whole()) {
            // Which rows are joined would tell of those that are hidden.
            throw commons.permissions().forbidden(context, Access.Verb.READ, about.text());
        }
        return subject(context, exports, other);
    }

    /** Below the root table a resource is the beginning of paths. */
    private static String prefix(Exported exported, String resource, String prefix) {
        return !resource.isEmpty() && exported.table().root()
                ? exported.canonical(Path.of(resource)).text() + "/" + prefix
                : prefix;
    }

    private static Exported resource(Exports exports, String resource) {
        if (!resource.isEmpty()) {
            return exports.of(Path.of(resource));
        }
        Exported root = exports.root();
        if (root == null) {
            throw new Failure(Failure.Code.NOT_FOUND, "nothing is exported at the root");
        }
        return root;
    }

    Optional<Table> table(Context context, Path path) {
        Exported exported = commons.routing().exports().resolve(path.first());
        return exported != null
                        && commons.permissions().allows(context, Access.Verb.DESCRIBE, exported.table(), path.text())
                ? Optional.of(exported.table())
                : Optional.empty();
    }

    /** As {@link #table}, with the attributes that the context may see. */
    Optional<Table> seen(Context context, Path path) {
        return table(context, path).map(table -> {
            List<Attribute> seen = attributes(context, table);
            return seen.size() == table.attributes().size()
                    ? table
                    : new Table(table.database(), table.name(), table.export(), seen, table.rules());
        });
    }

    /** What may be named to the context: what it may read or write of some row at least, and the key. */
    private List<Attribute> attributes(Context context, Table table) {
        Set<String> names = new HashSet<>();
        for (Access.Verb verb : NAMING) {
            if (may(context, verb, table)) {
                Set<String> some =
                        commons.permissions().sight(context, verb, table).attributes();
                if (some == null) {
                    return table.attributes().stream()
                            .filter(each -> !each.traits().hidden())
                            .toList();
                }
                names.addAll(some);
            }
        }
        return table.attributes().stream()
                .filter(each -> !each.traits().hidden())
                .filter(each -> each.primaryKey() || names.contains(each.name()))
                .toList();
    }

    /** Whether the verb is allowed for some rows; who may hear messages only has no such right. */
    private boolean may(Context context, Access.Verb verb, Table table) {
        return commons.permissions().allows(context, verb, table, table.root() ? "#" : table.name());
    }

    boolean mayHear(Context context, Filter filter, Change change) {
        Exports exports = commons.routing().exports();
        String path = change.path().text();
        Exported exported = exports.resolve(change.path().first());
        if (exported == null) {
            return false;
        }
        Permissions permissions = commons.permissions();
        Table table = exported.table();
        boolean subscribes = permissions.allows(
                        context,
                        Access.Verb.SUBSCRIBE,
                        table,
                        exports.canonical(filter).text())
                && permissions.rights(context).of(table).allows(Access.Verb.SUBSCRIBE, path);
        return subscribes
                && (change.kind() == Kind.MESSAGE
                        || (permissions.allows(context, Access.Verb.READ, table, path)
                                && permissions
                                        .sight(context, Access.Verb.READ, table)
                                        .whole()));
    }

    CompletionStage<Map<String, Object>> describe(Context context, String resource) {
        Exported exported = resource(commons.routing().exports(), resource);
        Path asked = resource.isEmpty() ? Path.of("/") : Path.of(resource);
        commons.permissions().check(context, Access.Verb.DESCRIBE, exported, asked);
        List<Attribute> seen = attributes(context, exported.table());
        boolean whole = may(context, Access.Verb.READ, exported.table())
                && commons.permissions()
                        .sight(context, Access.Verb.READ, exported.table())
                        .whole();
        return commons.workers().call(() -> {
            try (Snapshot snapshot = commons.store().snapshot()) {
                Map<String, Object> described = described(exported, seen, snapshot.count(exported.table()));
                if (!whole) {
                    // How many there are is not for those who see some of them.
                    described.remove("count");
                }
                return described;
            }
        });
    }

    private static Map<String, Object> described(Exported exported, List<Attribute> seen, long rows) {
        Table table = exported.table();
        Map<String, Object> described = new LinkedHashMap<>();
        described.put("name", table.name());
        described.put("database", table.database());
        described.put("path", "/" + exported.export());
        described.put("opaque", table.rules().opaque());
        described.put("sealed", table.rules().sealed());
        if (!table.rules().opaque()) {
            List<String> names = exported.schema().key().names();
            described.put("primaryKey", names.size() == 1 ? names.get(0) : names);
        }
        List<Object> attributes = new ArrayList<>();
        List<Object> indexes = new ArrayList<>();
        for (Attribute attribute : seen) {
            attributes.add(Described.of(attribute));
            if (attribute.indexed()) {
                indexes.add(attribute.name());
            }
        }
        described.put("attributes", attributes);
        described.put("indexes", indexes);
        described.put("count", rows);
        return described;
    }
}
