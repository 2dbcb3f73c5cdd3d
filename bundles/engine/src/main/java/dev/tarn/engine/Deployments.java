// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.application.Mount;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Snapshot;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which application declared which tables. A deployment is checked as a whole, then its tables are made known to the
 * store, then all requests see them at once. One deployment at a time; blocks.
 */
final class Deployments {

    private static final Logger LOG = LoggerFactory.getLogger(Deployments.class);

    /** The table of all paths that nobody exports a table for. */
    static final Table TOPICS = new Table(Table.DATA, "topics", "", List.of(), Table.Rules.OPAQUE);

    /** How far the rows behind a new table are counted. */
    private static final int COUNTED = 10_000;

    private final Commons commons;
    private final Schemas schemas;
    private final ApplicationThreads threads;
    private final Map<String, List<Table>> applications = new LinkedHashMap<>();

    /** Logic by application, then by the qualified name of its table; that of an endpoint is made up. */
    private final Map<String, Map<String, Mounted>> mounts = new LinkedHashMap<>();

    Deployments(Commons commons, ApplicationThreads threads) {
        this.commons = commons;
        this.threads = threads;
        this.schemas = new Schemas(commons);
    }

    /** The exports of a node without applications. */
    static Exports none(Settings settings, Payloads payloads) {
        return new Exports(
                List.of(),
                settings.refuseUnmapped() ? null : new Exported(TOPICS, new Schema(TOPICS, payloads.bodies())));
    }

    /** Where logic is that nobody asks: at no path. */
    static Exported nowhere(Payloads payloads, Mounted mounted) {
        return new Exported(TOPICS, new Schema(TOPICS, payloads.bodies()), mounted);
    }

    synchronized void deploy(String application, List<Table> declared, List<Mount> logic) {
        Map<String, Mounted> before = mounts.getOrDefault(application, Map.of());
        Mounting mounting = Mounting.of(application, declared, logic, before, threads);
        Map<String, Map<String, Mounted>> others = new LinkedHashMap<>(mounts);
        others.put(application, mounting.mounted());
        deploy(application, mounting.tables(), others);
        mounts.put(application, mounting.mounted());
        retire(before, mounting.mounted());
    }

    /** No request finds what is not there any more: what is under way in it ends in it. */
    private static void retire(Map<String, Mounted> before, Map<String, Mounted> after) {
        for (Mounted mounted : before.values()) {
            if (!after.containsValue(mounted)) {
                mounted.retire();
            }
        }
    }

    private void deploy(String application, List<Table> tables, Map<String, Map<String, Mounted>> logic) {
        Map<String, List<Table>> next = new LinkedHashMap<>(applications);
        next.put(application, List.copyOf(tables));
        check(application, tables, next);
        Map<Table, Schemas.Known> changes = changes(tables);
        tables.forEach(commons.store()::define);
        changes.forEach(schemas::remember);
        Exports exports = exports(next, logic);
        List<Table> former = applications.put(application, List.copyOf(tables));
        Exports before = commons.routing().exports();
        commons.payloads().hide(hidden());
        commons.routing().deploy(exports);
        reconsider();
        tables.forEach(table -> reportHidden(table, before));
        changes.forEach((table, known) -> recompute(exports, table, known));
        reportGone(application, former, tables);
        LOG.info("deployed: application={} tables={}", application, tables.size());
    }

    /**
     * What is to be remembered of tables whose rows keep what is newly declared about them.
     *
     * @throws Failure CONFLICT when the rows of one do not
     */
    private Map<Table, Schemas.Known> changes(List<Table> tables) {
        Map<Table, Schemas.Known> changes = new LinkedHashMap<>();
        for (Table table : tables) {
            Schemas.Known before = schemas.known(table);
            Schemas.Known after = Schemas.Known.of(table);
            boolean computing = false;
            if (before != null) {
                if (!table.rules().opaque() && !before.equals(after)) {
                    new SchemaChange(commons, table).check(before);
                }
                computing = before.computing() || !before.computed().equals(after.computed());
            }
            changes.put(table, after.computing(computing));
        }
        return changes;
    }

    /** Computes attributes anew that are computed in another way than the rows have them. */
    private void recompute(Exports exports, Table table, Schemas.Known known) {
        Exported exported = exports.stored(table.qualifiedName());
        if (exported == null || !known.computing() || known.computed().isEmpty()) {
            return;
        }
        Recompute recompute = new Recompute(commons, exported, known.computed().keySet(), () -> {
            commons.recomputing().remove(exported.name());
            schemas.remember(table, known.computing(false));
            LOG.info("computed anew: table={}", exported.name());
        });
        commons.recomputing().put(exported.name(), recompute);
        recompute.begin();
    }

    private static void reportGone(String application, @Nullable List<Table> former, List<Table> tables) {
        for (Table table : former == null ? List.<Table>of() : former) {
            if (tables.stream().noneMatch(each -> each.qualifiedName().equals(table.qualifiedName()))) {
                LOG.warn(
                        "a table is no longer declared; its rows stay in the store: application={} table={}",
                        application,
                        table.qualifiedName());
            }
        }
    }

    synchronized void undeploy(String application) {
        if (applications.remove(application) != null) {
            Map<String, Mounted> before = mounts.getOrDefault(application, Map.of());
            mounts.remove(application);
            commons.routing().deploy(exports(applications, mounts));
            reconsider();
            retire(before, Map.of());
            LOG.info("undeployed: application={}", application);
        }
    }

    synchronized Collection<Table> all() {
        List<Table> all = new ArrayList<>();
        all.add(TOPICS);
        applications.forEach((application, tables) -> {
            Map<String, Mounted> logic = mounts.getOrDefault(application, Map.of());
            for (Table table : tables) {
                Mounted mounted = logic.get(table.qualifiedName());
                if (mounted == null || !mounted.endpoint()) {
                    all.add(table);
                }
            }
        });
        return List.copyOf(all);
    }

    /** Attributes that are kept from readers, by table. */
    private Map<String, Set<String>> hidden() {
        Map<String, Set<String>> hidden = new HashMap<>();
        for (Table table : all()) {
            Set<String> names = new TreeSet<>();
            for (Attribute attribute : table.attributes()) {
                if (attribute.traits().hidden()) {
                    names.add(attribute.name());
                }
            }
            if (!names.isEmpty()) {
                hidden.put(table.qualifiedName(), names);
            }
        }
        return hidden;
    }

    private static void check(String application, List<Table> tables, Map<String, List<Table>> next) {
        Map<String, Table> all = new HashMap<>();
        next.values().forEach(declared -> declared.forEach(table -> all.put(table.qualifiedName(), table)));
        List<String> problems = new ArrayList<>();
        tables.forEach(table -> problems.addAll(TableCheck.problems(table, all)));
        if (!problems.isEmpty()) {
            throw new Failure(Failure.Code.INVALID, String.join("; ", problems), problems);
        }
        Map<String, String> names = new HashMap<>();
        Map<String, String> exports = new HashMap<>();
        names.put(TOPICS.qualifiedName(), "the server");
        next.forEach((owner, declared) -> {
            for (Table table : declared) {
                claim(names, table.qualifiedName(), "declares table " + table.qualifiedName(), owner, application);
                String export = table.export();
                if (export != null) {
                    claim(exports, Exports.fold(export), "exports \"" + export + "\"", owner, application);
                }
            }
        });
    }

    private static void claim(Map<String, String> claimed, String key, String what, String owner, String application) {
        String other = claimed.put(key, owner);
        if (other != null) {
            String who = other.equals(owner) ? owner + " itself" : other.equals(application) ? owner : other;
            throw new Failure(Failure.Code.CONFLICT, application + " " + what + ", which " + who + " does already");
        }
    }

    private Exports exports(Map<String, List<Table>> declared, Map<String, Map<String, Mounted>> logic) {
        Map<String, Mounted> mounted = new HashMap<>();
        logic.values().forEach(mounted::putAll);
        List<Exported> exported = new ArrayList<>();
        List<Exported> inner = new ArrayList<>();
        Exported root = none(commons.settings(), commons.payloads()).root();
        for (List<Table> tables : declared.values()) {
            for (Table table : tables) {
                Schema schema = new Schema(table, commons.payloads().bodies());
                Exported each = new Exported(table, schema, mounted.get(table.qualifiedName()));
                if (table.root()) {
                    root = each;
                } else if (table.export() != null) {
                    exported.add(each);
                } else {
                    inner.add(each);
                }
            }
        }
        return new Exports(exported, root, inner);
    }

    /** Lets those who may not see everything see what they may of the tables and by the rights as they are now. */
    void reconsider() {
        boolean withholding =
                all().stream().anyMatch(table -> !table.rules().withheld().isEmpty());
        for (FilterSubscription subscription : commons.routing().all()) {
            QueuedMailbox mailbox = subscription.mailbox();
            if (mailbox.doubtful() || withholding) {
                mailbox.queue().pass(() -> mailbox.reconsider(subscription));
            }
        }
    }

    /** Rows of the root table that the new table hides: somebody should know, and move them. */
    private void reportHidden(Table table, Exports before) {
        String export = table.export();
        Exported root = before.root();
        if (export == null || export.isEmpty() || root == null || before.named(export) != null) {
            return;
        }
        // Other spellings hide as well; these two are those that occur.
        int hidden =
                hidden(root, export) + (Exports.fold(export).equals(export) ? 0 : hidden(root, Exports.fold(export)));
        if (hidden > 0) {
            LOG.warn(
                    "rows are hidden by a new table; move them or export it under another name: table={} path={}/ rows={}{}",
                    table.qualifiedName(),
                    export,
                    hidden,
                    hidden >= COUNTED ? " or more" : "");
        }
    }

    private int hidden(Exported root, String first) {
        int hidden = 0;
        try (Snapshot snapshot = commons.store().snapshot();
                Snapshot.Rows rows = snapshot.rows(root.table(), new Snapshot.Range(first, null, false))) {
            for (Row row = rows.next(); row != null && hidden < COUNTED; row = rows.next()) {
                hidden += row.path().first().equals(first) ? 1 : 0;
            }
        }
        return hidden;
    }
}
