// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import dev.tarn.engine.query.Expression;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds what makes no sense about the tables of a deployment. */
final class TableCheck {
    private final Table table;
    private final Map<String, Table> all;
    private final List<String> problems = new ArrayList<>();

    private TableCheck(Table table, Map<String, Table> all) {
        this.table = table;
        this.all = all;
    }

    /**
     * Everything that makes no sense about a table, each as {@code database.table: problem} or
     * {@code database.table.attribute: problem}.
     *
     * @param all the tables that there will be, by qualified name
     */
    static List<String> problems(Table table, Map<String, Table> all) {
        TableCheck check = new TableCheck(table, all);
        check.table();
        check.attributes(table.attributes(), new HashSet<>());
        return check.problems;
    }

    private void problem(String text) {
        problems.add(table.qualifiedName() + ": " + text);
    }

    private void problem(Attribute attribute, String text) {
        problems.add(table.qualifiedName() + "." + attribute.name() + ": " + text);
    }

    private void table() {
        if (table.database().equals(Table.SYSTEM)) {
            problem("database system is the server's own");
        }
        if (table.name().isEmpty()) {
            problem("it has no name");
        }
        String export = table.export();
        if (export != null && !export.isEmpty()) {
            if (export.indexOf('/') >= 0) {
                problem("it is exported as \"" + export + "\", but that must be one segment");
            } else {
                Path.of(export);
            }
            if (export.equals("$SYS") || export.equals("$share")) {
                problem("\"" + export + "\" cannot be exported, it is MQTT's own");
            }
        }
        if (table.root() && (table.countedIds() || table.composite())) {
            problem("the root table's ids are paths and cannot be numbers or several attributes");
        }
        String payload = table.rules().payload();
        if (payload != null
                && !table.attributes().isEmpty()
                && table.attribute(payload).isEmpty()) {
            problem("its payload attribute " + payload + " is not declared");
        }
    }

    private void attributes(List<Attribute> attributes, Set<String> seen) {
        for (Attribute attribute : attributes) {
            if (!seen.add(attribute.name())) {
                problem("attribute " + attribute.name() + " is declared twice");
            }
            try {
                new Field(attribute, new Coercion(true));
            } catch (Failure unreadable) {
                problem(attribute, unreadable.reason());
                continue;
            }
            attribute
                    .traits()
                    .computed()
                    .ifPresent(computed -> computed(attribute, Expression.parse(computed.expression()), seen));
            attribute.traits().related().ifPresent(related -> {
                Table other = all.get(related.table());
                String to = related.to();
                if (other == null) {
                    problem(attribute, "there is no table " + related.table());
                } else if (to != null
                        && other.attribute(to).filter(Attribute::stored).isEmpty()) {
                    problem(attribute, other.name() + " has no attribute " + to);
                } else if (to != null && !found(other, to)) {
                    problem(
                            attribute,
                            to + " of " + other.name() + " needs @indexed, or its rows cannot be found by it");
                } else if (to == null && other.composite() && related.from() == null) {
                    problem(attribute, "it needs from: or to:");
                }
                String from = related.from();
                if (from != null
                        && table.attribute(from).filter(Attribute::stored).isEmpty()) {
                    problem(attribute, "there is no attribute " + from);
                }
            });
        }
    }

    /** Whether rows of a table can be found by an attribute. */
    private static boolean found(Table other, String to) {
        Attribute attribute = other.attribute(to).orElseThrow();
        return attribute.indexed() || (attribute.primaryKey() && !other.composite());
    }

    private void computed(Attribute attribute, Expression expression, Set<String> before) {
        for (String name : expression.names()) {
            Attribute other = table.attribute(name).orElse(null);
            if (other == null) {
                problem(attribute, "it is computed from " + name + ", which is not declared");
            } else if (!other.stored()) {
                problem(attribute, "it is computed from " + name + ", which is a relationship and not in the row");
            } else if (other.traits().computed().isPresent()
                    && (!before.contains(name) || name.equals(attribute.name()))) {
                problem(attribute, "it is computed from " + name + ", which has to be declared before it");
            }
        }
    }
}
