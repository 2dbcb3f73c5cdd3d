// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
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
    private final Map<String, List<Table>> applications = new LinkedHashMap<>();

    Deployments(Commons commons) {
        this.commons = commons;
    }

    /** The exports of a node without applications. */
    static Exports none(Settings settings, Payloads payloads) {
        return new Exports(
                List.of(),
                settings.refuseUnmapped() ? null : new Exported(TOPICS, new Schema(TOPICS, payloads.bodies())));
    }

    synchronized void deploy(String application, List<Table> tables) {
        Map<String, List<Table>> next = new LinkedHashMap<>(applications);
        next.put(application, List.copyOf(tables));
        check(application, tables, next);
        tables.forEach(commons.store()::define);
        Exports exports = exports(next);
        applications.put(application, List.copyOf(tables));
        Exports before = commons.routing().exports();
        commons.routing().deploy(exports);
        reconsider();
        tables.forEach(table -> reportHidden(table, before));
        LOG.info("deployed: application={} tables={}", application, tables.size());
    }

    synchronized void undeploy(String application) {
        if (applications.remove(application) != null) {
            commons.routing().deploy(exports(applications));
            reconsider();
            LOG.info("undeployed: application={}", application);
        }
    }

    synchronized Collection<Table> all() {
        List<Table> all = new ArrayList<>();
        all.add(TOPICS);
        applications.values().forEach(all::addAll);
        return List.copyOf(all);
    }

    private static void check(String application, List<Table> tables, Map<String, List<Table>> next) {
        for (Table table : tables) {
            if (table.database().equals(Table.SYSTEM)) {
                throw new Failure(
                        Failure.Code.INVALID, table.qualifiedName() + ": database system is the server's own");
            }
            String problem = problem(table);
            if (problem != null) {
                throw new Failure(Failure.Code.INVALID, table.qualifiedName() + ": " + problem);
            }
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

    /** What makes no sense about a table, or null. */
    private static @Nullable String problem(Table table) {
        String export = table.export();
        if (table.name().isEmpty()) {
            return "it has no name";
        }
        if (export != null && !export.isEmpty()) {
            if (export.indexOf('/') >= 0) {
                return "it is exported as \"" + export + "\", but that must be one segment";
            }
            Path.of(export);
            if (export.equals("$SYS") || export.equals("$share")) {
                return "\"" + export + "\" cannot be exported, it is MQTT's own";
            }
        }
        if (table.root() && table.numericIds()) {
            return "the root table's ids are paths and cannot be numbers";
        }
        Set<String> seen = new TreeSet<>();
        int keys = 0;
        for (Attribute attribute : table.attributes()) {
            if (!seen.add(attribute.name())) {
                return "attribute " + attribute.name() + " is declared twice";
            }
            keys += attribute.primaryKey() ? 1 : 0;
        }
        if (keys > 1) {
            return "it has " + keys + " primary keys";
        }
        String payload = table.rules().payload();
        return payload != null && !seen.isEmpty() && !seen.contains(payload)
                ? "its payload attribute " + payload + " is not declared"
                : null;
    }

    private Exports exports(Map<String, List<Table>> declared) {
        List<Exported> exported = new ArrayList<>();
        Exported root = none(commons.settings(), commons.payloads()).root();
        for (List<Table> tables : declared.values()) {
            for (Table table : tables) {
                Exported each =
                        new Exported(table, new Schema(table, commons.payloads().bodies()));
                if (table.root()) {
                    root = each;
                } else if (table.export() != null) {
                    exported.add(each);
                }
            }
        }
        return new Exports(exported, root);
    }

    /** Lets those who may not see everything see what they may of the tables as they are now. */
    private void reconsider() {
        for (FilterSubscription subscription : commons.routing().all()) {
            QueuedMailbox mailbox = subscription.mailbox();
            if (mailbox.restricted()) {
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
