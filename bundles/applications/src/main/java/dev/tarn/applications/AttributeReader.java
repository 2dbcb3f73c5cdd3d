// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Origin;
import dev.tarn.api.data.Traits;
import dev.tarn.applications.SchemaFile.Declared;
import graphql.language.FieldDefinition;
import graphql.language.ListType;
import graphql.language.NonNullType;
import graphql.language.ObjectTypeDefinition;
import graphql.language.TypeName;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the attributes of types; what is wrong goes to the findings. For one thread. */
final class AttributeReader {

    private static final int MOST_ATTRIBUTES = 1_000;

    /** Attributes of all tables, those of types inside counted at each use. */
    private static final int MOST_IN_ALL = 20_000;

    private static final int DEEPEST = 16;

    /** What Harper's @indexed takes for vectors. */
    private static final List<String> VECTOR_INDEX = List.of(
            "type",
            "distance",
            "efConstruction",
            "M",
            "optimizeRouting",
            "mL",
            "efConstructionSearch",
            "quantization",
            "filterExpansion");

    private final Map<String, Declared> types;
    private final Findings findings;
    private int attributesInAll;

    /** @param types all that are declared, by name */
    AttributeReader(Map<String, Declared> types, Findings findings) {
        this.types = types;
        this.findings = findings;
    }

    /** The attributes, with an {@code id} made up where none of them is the primary key. */
    List<Attribute> ofTable(Declared type) {
        List<Attribute> attributes = attributes(type, new HashSet<>());
        List<Attribute> keys = attributes.stream().filter(Attribute::primaryKey).toList();
        if (keys.size() > 1 && keys.stream().anyMatch(key -> key.type() == Attribute.Type.ANY)) {
            findings.refuse(
                    type.file(), type.line(), "where several attributes are the key, none of them is of type Any");
        }
        if (!keys.isEmpty()) {
            return attributes;
        }
        List<Attribute> keyed = new ArrayList<>();
        boolean found = false;
        for (Attribute attribute : attributes) {
            if (attribute.name().equals("id")) {
                found = true;
                if (!attribute.traits().equals(Traits.NONE)) {
                    findings.refuse(type.file(), type.line(), "the primary key takes no further directives: id");
                }
                keyed.add(Attribute.primaryKey("id", keyType(type, type.line(), attribute)));
            } else {
                keyed.add(attribute);
            }
        }
        if (!found) {
            keyed.add(0, Attribute.primaryKey("id", Attribute.Type.ID));
        }
        return keyed;
    }

    private Attribute.Type keyType(Declared type, int line, Attribute attribute) {
        boolean fits = !attribute.list()
                && switch (attribute.type()) {
                    case ID, STRING, INT, LONG, ANY -> true;
                    case FLOAT, BIGINT, BOOLEAN, DATE, BYTES, BLOB, OBJECT -> false;
                };
        if (!fits) {
            findings.refuse(
                    type.file(),
                    line,
                    "the primary key '" + attribute.name() + "' must be an ID, String, Int, Long or Any");
        }
        return attribute.type();
    }

    private List<Attribute> attributes(Declared type, Set<String> within) {
        within.add(type.name());
        List<Attribute> attributes = new ArrayList<>();
        Set<String> names = new HashSet<>();
        List<FieldDefinition> fields = type.fields();
        if (fields.size() > MOST_ATTRIBUTES) {
            findings.refuse(type.file(), type.line(), "more than " + MOST_ATTRIBUTES + " attributes");
            return List.of();
        }
        attributesInAll += fields.size();
        for (FieldDefinition field : fields) {
            int line = Lines.of(field);
            if (!names.add(field.getName())) {
                findings.refuse(type.file(), line, "attribute '" + field.getName() + "' is there twice");
                continue;
            }
            if (!field.getInputValueDefinitions().isEmpty()) {
                findings.refuse(type.file(), line, "an attribute takes no arguments");
            }
            Attribute attribute = attribute(type, field, within);
            if (attribute.primaryKey() && within.size() > 1) {
                findings.refuse(type.file(), line, "a type inside a table has no primary key of its own");
            }
            attributes.add(attribute);
        }
        within.remove(type.name());
        return attributes;
    }

    private Attribute attribute(Declared type, FieldDefinition field, Set<String> within) {
        Directives directives = Directives.ofAttribute(type.file(), field, findings);
        directives.allow("primaryKey", List.of());
        directives.allow("indexed", VECTOR_INDEX);
        directives.allow("payload", List.of());
        directives.allow("relationship", List.of("from", "to"));
        graphql.language.Type<?> written = field.getType();
        boolean required = written instanceof NonNullType;
        written = bare(written);
        boolean list = written instanceof ListType;
        boolean elementRequired = false;
        if (written instanceof ListType elements) {
            elementRequired = elements.getType() instanceof NonNullType;
            written = bare(elements.getType());
        }
        List<Attribute> nested = List.of();
        List<String> values = List.of();
        Attribute.Type kind = Attribute.Type.ANY;
        if (written instanceof TypeName name) {
            Attribute.Type builtIn = Types.BUILT_IN.get(name.getName());
            Declared declared = types.get(name.getName());
            List<String> enumerated = declared == null ? null : declared.values();
            if (directives.has("relationship")) {
                return related(type, field, directives, list, within.size() > 1);
            } else if (enumerated != null) {
                kind = Attribute.Type.STRING;
                values = enumerated;
            } else {
                kind = builtIn == null ? Attribute.Type.OBJECT : builtIn;
                nested = builtIn == null ? nested(type, field, name.getName(), within) : List.of();
            }
        } else {
            findings.refuse(type.file(), Lines.of(field), "a list of lists is not supported: use Any");
        }
        boolean key = directives.has("primaryKey");
        if (directives.has("payload") && (key || within.size() > 1)) {
            findings.refuse(
                    type.file(),
                    directives.line("payload"),
                    "@payload is an attribute of a table, not its primary key");
        }
        boolean vectors = directives.has("indexed", "type");
        if (vectors) {
            vectors(type, directives, list && kind == Attribute.Type.FLOAT);
        }
        boolean indexed = ((directives.has("indexed") && !vectors) || directives.has("unique")) && !key;
        if (indexed && (kind == Attribute.Type.OBJECT || kind == Attribute.Type.BLOB || within.size() > 1)) {
            findings.refuse(
                    type.file(),
                    directives.line("indexed"),
                    "only plain attributes of a table and lists of them are indexed");
        }
        Attribute attribute =
                new Attribute(field.getName(), kind, list, required || key, elementRequired, indexed, key, nested);
        if (key) {
            keyType(type, Lines.of(field), attribute);
        }
        return attribute.with(
                new TraitReader(type.file(), field, directives, findings).read(attribute, values, within.size() > 1));
    }

    /** Harper's index for nearest neighbours: here vectors are compared exactly, and need none. */
    private void vectors(Declared type, Directives directives, boolean fits) {
        int line = directives.line("indexed", "type");
        String kind = directives.text("indexed", "type");
        if (kind == null || !kind.equalsIgnoreCase("HNSW")) {
            findings.refuse(type.file(), line, "'type' of @indexed is \"HNSW\", or not there for an ordered index");
        } else if (!fits) {
            findings.refuse(type.file(), line, "an index of type HNSW is over a vector: [Float]");
        } else {
            findings.warn(
                    type.file(), line, "vectors are compared one by one: near(…) finds the nearest without an index");
        }
    }

    /** An attribute that stands for rows of another table. */
    private Attribute related(
            Declared type, FieldDefinition field, Directives directives, boolean list, boolean inside) {
        Attribute attribute =
                new Attribute(field.getName(), Attribute.Type.OBJECT, list, false, false, false, false, List.of());
        int line = directives.line("relationship");
        graphql.language.Type<?> written = bare(field.getType());
        written = written instanceof ListType elements ? bare(elements.getType()) : written;
        String name = ((TypeName) written).getName();
        String from = directives.text("relationship", "from");
        String to = directives.text("relationship", "to");
        Declared other = types.get(name);
        ObjectTypeDefinition definition = other == null ? null : other.type();
        if (other == null || definition == null || !other.isTable()) {
            findings.refuse(
                    type.file(), line, "@relationship needs a type that is a table, and '" + name + "' is none");
            return attribute;
        }
        if (inside || field.getDirectives().size() > 1) {
            findings.refuse(type.file(), line, "@relationship stands alone, on an attribute of a table");
        }
        if (from == null && to == null) {
            findings.refuse(type.file(), line, "@relationship needs from: or to:, the attribute that has the id");
        }
        if (from != null && !has(type, from)) {
            findings.refuse(type.file(), line, "'from' names no attribute of " + type.name() + ": " + from);
        }
        if (to != null && !has(other, to)) {
            findings.refuse(type.file(), line, "'to' names no attribute of " + name + ": " + to);
        }
        if (to != null && !list && from == null) {
            findings.refuse(
                    type.file(), line, "rows that hold this one's id may be many: write the type as [" + name + "]");
        }
        Directives others = Directives.ofType(other.file(), definition, new Findings());
        TableReader table = new TableReader(other, others, new Findings());
        return attribute.with(Traits.NONE.from(new Origin.Related(table.database() + "." + table.name(), from, to)));
    }

    /** Whether a type has an attribute that rows hold themselves. */
    private static boolean has(Declared type, String name) {
        return type.fields().stream()
                        .anyMatch(each -> each.getName().equals(name) && !each.hasDirective("relationship"))
                || (name.equals("id") && type.fields().stream().noneMatch(each -> each.hasDirective("primaryKey")));
    }

    private static graphql.language.Type<?> bare(graphql.language.Type<?> type) {
        return type instanceof NonNullType wrapped ? wrapped.getType() : type;
    }

    private List<Attribute> nested(Declared type, FieldDefinition field, String name, Set<String> within) {
        Declared found = types.get(name);
        int line = Lines.of(field);
        if (found == null) {
            Set<String> known = new java.util.TreeSet<>(Types.BUILT_IN.keySet());
            known.addAll(types.keySet());
            findings.refuse(type.file(), line, "type '" + name + "' is not known" + Nearest.hint(name, known));
        } else if (found.isTable()) {
            findings.refuse(
                    type.file(),
                    line,
                    "'" + name
                            + "' is a table: say how its rows are found with @relationship(from: …) or @relationship(to: …)");
        } else if (within.contains(name)) {
            findings.refuse(type.file(), line, "type '" + name + "' contains itself: use Object or Any");
        } else if (within.size() == DEEPEST || attributesInAll > MOST_IN_ALL) {
            findings.refuse(type.file(), line, "types inside types, too deep or too many: use Object or Any");
        } else {
            return attributes(found, within);
        }
        return List.of();
    }
}
