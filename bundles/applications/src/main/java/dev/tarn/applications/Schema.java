// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Origin;
import dev.tarn.api.data.Table;
import dev.tarn.api.data.Traits;
import dev.tarn.applications.SchemaFile.Declared;
import graphql.language.FieldDefinition;
import graphql.language.ListType;
import graphql.language.NonNullType;
import graphql.language.ObjectTypeDefinition;
import graphql.language.TypeName;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Makes tables of the types that an application's schema files declare. For one thread. */
final class Schema {

    private static final int MOST_ATTRIBUTES = 1_000;

    /** Attributes of all tables, those of types inside counted at each use. */
    private static final int MOST_IN_ALL = 20_000;

    private static final int DEEPEST = 16;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,100}");

    private static final Pattern PERIOD = Pattern.compile("([1-9][0-9]{0,4})([dhms])");

    /** A hundred years. */
    private static final BigDecimal LONGEST_SECONDS =
            BigDecimal.valueOf(Duration.ofDays(36_500).toSeconds());

    private static final List<String> PROTOCOLS = List.of("rest", "mqtt", "ws", "sse", "amqp");
    /** By what @export calls a protocol: its name here. */
    private static final Map<String, String> PROTOCOL_NAMES =
            Map.of("rest", "rest", "mqtt", "mqtt", "ws", "websocket", "sse", "sse", "amqp", "amqp");

    private final Map<String, Declared> types = new LinkedHashMap<>();
    private final Map<String, Declared> exported = new LinkedHashMap<>();
    private final Map<String, Declared> stored = new LinkedHashMap<>();
    private final Findings findings;
    private int attributesInAll;

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
                tables.add(table(type, directives));
            } else if (directives.has("export")) {
                findings.refuse(
                        type.file(),
                        directives.line("export"),
                        "@export needs @table, or a resource of the same name in a bundle");
            }
        }
        return tables;
    }

    private Table table(Declared type, Directives directives) {
        directives.allow(
                "table",
                List.of(
                        "table",
                        "database",
                        "audit",
                        "expiration",
                        "eviction",
                        "scanInterval",
                        "history",
                        "durability"));
        directives.allow("sealed", List.of());
        if (!directives.truth("table", "audit", true)) {
            findings.warn(
                    type.file(),
                    directives.line("table", "audit"),
                    "'audit: false' is passed over: the log is always kept");
        }
        String database = database(type, directives);
        String name = tableName(type, directives);
        if (database.equals(Table.SYSTEM)) {
            findings.refuse(
                    type.file(), directives.line("table"), "database 'system' is the server's own; choose another");
        }
        findings.declared(database + "." + name, type.file(), type.line());
        for (FieldDefinition field : type.fields()) {
            findings.declared(database + "." + name + "." + field.getName(), type.file(), Lines.of(field));
        }
        claim(stored, database + "." + name, type, directives.line("table"), "table");
        String export = export(type, directives);
        List<Attribute> attributes = withPrimaryKey(type);
        Table table = new Table(database, name, export, attributes, rules(type, directives));
        if (table.root() && table.numericIds()) {
            findings.refuse(
                    type.file(),
                    directives.line("export"),
                    "ids of the table at \"\" are paths: its primary key is an ID");
        }
        return table;
    }

    private String database(Declared type, Directives directives) {
        return name(type, directives, "database", Table.DATA);
    }

    private String tableName(Declared type, Directives directives) {
        return name(type, directives, "table", type.name());
    }

    private Table.Rules rules(Declared type, Directives directives) {
        String payload = null;
        for (FieldDefinition field : type.fields()) {
            if (field.hasDirective("payload")) {
                if (payload != null) {
                    findings.refuse(type.file(), Lines.of(field), "only one attribute is the @payload");
                }
                payload = field.getName();
            }
        }
        Table.Keeping keeping = Table.Keeping.LOGGED;
        String durability = directives.text("table", "durability");
        if (durability != null && durability.equals("async")) {
            keeping = Table.Keeping.ASYNC;
        } else if (durability != null && !durability.equals("sync")) {
            findings.refuse(
                    type.file(), directives.line("table", "durability"), "'durability' is \"sync\" or \"async\"");
        }
        return new Table.Rules(
                false,
                directives.has("sealed"),
                Table.Rules.DECLARED.coerce(),
                keeping,
                history(type, directives),
                expiration(type, directives),
                payload,
                withheld(directives));
    }

    private static Set<String> withheld(Directives directives) {
        Set<String> withheld = new HashSet<>();
        for (String protocol : PROTOCOLS) {
            if (!directives.truth("export", protocol, true)) {
                withheld.add(String.valueOf(PROTOCOL_NAMES.get(protocol)));
            }
        }
        return withheld;
    }

    private Duration expiration(Declared type, Directives directives) {
        for (String later : List.of("eviction", "scanInterval")) {
            BigDecimal period = directives.number("table", later);
            if (period != null && period.signum() < 0) {
                findings.refuse(
                        type.file(),
                        directives.line("table", later),
                        "'" + later + "' is a number of seconds, 0 or more");
            } else if (period != null) {
                findings.warn(
                        type.file(),
                        directives.line("table", later),
                        "'" + later + "' is passed over: a row is gone when it expires, and its space is freed within a"
                                + " second");
            }
        }
        BigDecimal seconds = directives.number("table", "expiration");
        if (seconds == null) {
            return Duration.ZERO;
        }
        if (seconds.signum() <= 0 || seconds.compareTo(LONGEST_SECONDS) > 0) {
            findings.refuse(
                    type.file(), directives.line("table", "expiration"), "'expiration' is a number of seconds above 0");
            return Duration.ZERO;
        }
        return Duration.ofMillis(seconds.movePointRight(3).longValue());
    }

    private Duration history(Declared type, Directives directives) {
        String text = directives.text("table", "history");
        if (text == null) {
            return Duration.ZERO;
        }
        Matcher matcher = PERIOD.matcher(text);
        if (!matcher.matches()) {
            findings.refuse(
                    type.file(),
                    directives.line("table", "history"),
                    "'history' is a number of days, hours, minutes or seconds, such as \"7d\", \"12h\", \"30m\", \"45s\"");
            return Duration.ZERO;
        }
        long count = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "d" -> Duration.ofDays(count);
            case "h" -> Duration.ofHours(count);
            case "m" -> Duration.ofMinutes(count);
            default -> Duration.ofSeconds(count);
        };
    }

    private String name(Declared type, Directives directives, String argument, String otherwise) {
        String name = directives.text("table", argument);
        if (name != null && !NAME.matcher(name).matches()) {
            findings.refuse(
                    type.file(),
                    directives.line("table", argument),
                    "'" + argument + "' has 1 to 100 letters, digits, '_' and '-'");
        }
        return name == null ? otherwise : name;
    }

    private @Nullable String export(Declared type, Directives directives) {
        if (!directives.has("export")) {
            return null;
        }
        List<String> arguments = new ArrayList<>(PROTOCOLS);
        arguments.add("name");
        directives.allow("export", arguments);
        String name = directives.text("export", "name");
        String export = name == null ? type.name() : name;
        int line = directives.line("export");
        if (export.chars().anyMatch(c -> c == '/' || c == '+' || c == '#' || c < ' ')) {
            findings.refuse(type.file(), line, "a name is one segment of a path, without '/', '+' and '#'");
        } else if (export.startsWith("$")) {
            findings.refuse(type.file(), line, "names that begin with '$' are the server's own");
        } else {
            claim(exported, export.toLowerCase(Locale.ROOT), type, line, "export name");
        }
        return export;
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

    /** The attributes, with an {@code id} made up where none of them is the primary key. */
    private List<Attribute> withPrimaryKey(Declared type) {
        List<Attribute> attributes = attributes(type, new HashSet<>());
        if (attributes.stream().anyMatch(Attribute::primaryKey)) {
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
                    case ID, STRING, INT, LONG -> true;
                    case FLOAT, BIGINT, BOOLEAN, DATE, BYTES, BLOB, ANY, OBJECT -> false;
                };
        if (!fits) {
            findings.refuse(
                    type.file(), line, "the primary key '" + attribute.name() + "' must be an ID, String, Int or Long");
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
        directives.allow("indexed", List.of());
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
        boolean indexed = (directives.has("indexed") || directives.has("unique")) && !key;
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
        String table = database(other, others) + "." + tableName(other, others);
        return attribute.with(Traits.NONE.from(new Origin.Related(table, from, to)));
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
