// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a table's rows, as they are, keep what is newly declared. They are all looked at, as many at a time as a short
 * snapshot allows, while everything is served as before. For one table; blocks.
 */
final class SchemaChange {
    private static final Logger LOG = LoggerFactory.getLogger(SchemaChange.class);
    private static final int ROWS = 2_000;
    private static final int NAMED = 5;

    private final Commons commons;
    private final Table table;
    private final List<String> examples = new ArrayList<>();
    private long broken;
    private long looked;

    SchemaChange(Commons commons, Table table) {
        this.commons = commons;
        this.table = table;
    }

    /** @throws Failure CONFLICT, with what to do, when rows forbid the change */
    void check(Schemas.Known before) {
        Schemas.Known after = Schemas.Known.of(table);
        boolean same = before.keys().equals(after.keys()) && before.rules().equals(after.rules());
        if (same || rows() == 0) {
            return;
        }
        if (!keysFit(before.keys(), after.keys())) {
            throw new Failure(
                    Failure.Code.CONFLICT,
                    table.qualifiedName() + " has " + rows() + " rows with ids of " + before.keys()
                            + ", which cannot become " + after.keys()
                            + "; declare a table of another name and copy the rows, or remove them first");
        }
        for (String name : before.rules().keySet()) {
            if (!after.rules().containsKey(name)) {
                LOG.warn(
                        "an attribute is no longer declared; rows keep its values: table={} attribute={}",
                        table.qualifiedName(),
                        name);
            }
        }
        checkRows();
        for (Attribute attribute : table.attributes()) {
            String name = attribute.name();
            if (attribute.traits().unique()
                    && !Objects.equals(before.rules().get(name), after.rules().get(name))) {
                new Doubles(commons, table, name).check();
            }
        }
    }

    private long rows() {
        try (Snapshot snapshot = commons.store().snapshot()) {
            return snapshot.count(table);
        }
    }

    /** The same names; a type may become one that has all its values. */
    private static boolean keysFit(List<String> before, List<String> after) {
        if (before.size() != after.size()) {
            return false;
        }
        for (int i = 0; i < before.size(); i++) {
            String old = before.get(i);
            String now = after.get(i);
            boolean texts = old.replace(" ID", " STRING").equals(now.replace(" ID", " STRING"));
            boolean wider = old.replace(" INT", " LONG").equals(now);
            if (!texts && !wider) {
                return false;
            }
        }
        return true;
    }

    private void checkRows() {
        // What is stored has to be of the type, not only like it.
        Table.Rules rules = table.rules();
        Table strict = new Table(
                table.database(),
                table.name(),
                table.export(),
                table.attributes(),
                new Table.Rules(
                        rules.opaque(),
                        rules.sealed(),
                        false,
                        rules.keeping(),
                        rules.history(),
                        rules.lifetime(),
                        rules.payload(),
                        rules.withheld()));
        Schema schema = new Schema(strict, commons.payloads().bodies());
        Path after = null;
        do {
            after = check(schema, after);
        } while (after != null);
        if (broken > 0) {
            throw new Failure(
                    Failure.Code.CONFLICT,
                    table.qualifiedName() + " cannot be changed like this: " + broken + " of " + looked
                            + " rows break it, such as " + String.join(", ", examples)
                            + "; change or remove these rows first, or declare what they need");
        }
    }

    private @org.jspecify.annotations.Nullable Path check(
            Schema schema, @org.jspecify.annotations.Nullable Path after) {
        try (Snapshot snapshot = commons.store().snapshot();
                Snapshot.Rows rows = snapshot.rows(table, new Snapshot.Range("", after, false))) {
            Row row = rows.next();
            Path last = null;
            for (int i = 0; row != null && i < ROWS; i++) {
                last = row.path();
                looked++;
                check(schema, row);
                row = rows.next();
            }
            return row == null ? null : last;
        }
    }

    private void check(Schema schema, Row row) {
        if (!(row.body().value() instanceof Map<?, ?> map)) {
            return;
        }
        try {
            schema.checked(
                    String.valueOf(table.id(row.path())),
                    Schema.object(map),
                    RowCheck.Occasion.at(commons.settings().clock().millis()));
        } catch (Failure breaks) {
            broken++;
            if (examples.size() < NAMED) {
                String why = breaks.violations().isEmpty()
                        ? breaks.reason()
                        : breaks.violations().get(0);
                examples.add(row.path() + " (" + why + ")");
            }
        }
    }
}
