// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Table;
import dev.tarn.applications.SchemaFile.Declared;
import graphql.language.FieldDefinition;
import graphql.language.ObjectTypeDefinition;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Makes tables of the types that an application's schema files declare. For one thread. */
final class Schema {

    private final Map<String, Declared> types = new LinkedHashMap<>();
    private final Map<String, Declared> exported = new LinkedHashMap<>();
    private final Map<String, Declared> stored = new LinkedHashMap<>();
    private final Findings findings;

    private Schema(Findings findings) {
        this.findings = findings;
    }

    /** The tables that these types declare, in order; what is wrong goes to the findings. */
    static List<Table> tables(List<Declared> types, Findings findings) {
        return new Schema(findings).read(types);
    }

    private List<Table> read(List<Declared> declared) {
        for (Declared type : declared) {
            String name = type.name();
            Declared before = types.putIfAbsent(name, type);
            if (before != null) {
                findings.refuse(
                        type.file(),
                        type.line(),
                        "type " + name + " is declared in " + before.file() + ":" + before.line());
            } else if (Types.BUILT_IN.containsKey(name)) {
                findings.refuse(type.file(), type.line(), name + " is a built-in type; choose another name");
            }
        }
        AttributeReader attributes = new AttributeReader(types, findings);
        List<Table> tables = new ArrayList<>();
        for (Declared type : types.values()) {
            ObjectTypeDefinition definition = type.type();
            if (definition == null) {
                continue;
            }
            Directives directives = Directives.ofType(type.file(), definition, findings);
            if (!definition.getImplements().isEmpty()) {
                findings.refuse(
                        type.file(), type.line(), "interfaces are not supported: list the attributes in the type");
            }
            if (directives.has("table")) {
                tables.add(table(type, directives, attributes));
            } else if (directives.has("export")) {
                findings.refuse(
                        type.file(),
                        directives.line("export"),
                        "@export needs @table, or a resource of the same name in a bundle");
            }
        }
        return tables;
    }

    private Table table(Declared type, Directives directives, AttributeReader reader) {
        TableReader table = new TableReader(type, directives, findings);
        table.check();
        String name = table.database() + "." + table.name();
        findings.declared(name, type.file(), type.line());
        for (FieldDefinition field : type.fields()) {
            findings.declared(name + "." + field.getName(), type.file(), Lines.of(field));
        }
        claim(stored, name, type, directives.line("table"), "table");
        String export = table.export();
        if (export != null) {
            claim(exported, export.toLowerCase(Locale.ROOT), type, directives.line("export"), "export name");
        }
        List<Attribute> attributes = reader.ofTable(type);
        Table made = new Table(table.database(), table.name(), export, attributes, table.rules());
        if (made.root() && made.countedIds()) {
            findings.refuse(
                    type.file(),
                    directives.line("export"),
                    "ids of the table at \"\" are paths: its primary key is an ID");
        }
        return made;
    }

    private void claim(Map<String, Declared> claims, String name, Declared type, int line, String what) {
        Declared before = claims.putIfAbsent(name, type);
        if (before != null) {
            findings.refuse(
                    type.file(),
                    line,
                    what + " '" + name + "' is taken by type " + before.name() + " in " + before.file() + ":"
                            + before.line());
        }
    }
}
