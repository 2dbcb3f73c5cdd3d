// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.security.Access.Verb;
import dev.tarn.api.security.TableRights.Grant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What those may do who have it. Immutable.
 *
 * @param publish filters of topics, in which {@code %u} stands for the user and {@code %c} for the client
 * @param subscribe filters likewise
 * @param operations names; {@code *} for all
 */
record Role(
        String name,
        boolean administrator,
        List<OnTable> tables,
        List<String> publish,
        List<String> subscribe,
        Set<String> operations) {

    static final Table TABLE = new Table(
            Table.SYSTEM,
            "roles",
            null,
            List.of(Attribute.primaryKey("name", Attribute.Type.ID)),
            Table.Rules.DECLARED);

    private static final Set<String> KEYS =
            Set.of("name", "administrator", "tables", "publish", "subscribe", "operations", "created", "application");
    private static final Set<String> TABLE_KEYS = Set.of("table", "read", "insert", "update", "delete", "rows");
    private static final int LONGEST_RULE = 4_096;

    /**
     * What may be done with the tables of a name.
     *
     * @param table {@code database.table}; a star for any
     */
    record OnTable(String table, Map<Verb, Grant> grants) {
        OnTable {
            grants = Map.copyOf(grants);
        }

        boolean covers(Table asked) {
            int dot = table.indexOf('.');
            String database = table.substring(0, dot);
            String own = table.substring(dot + 1);
            return (database.equals("*") || database.equals(asked.database()))
                    && (own.equals("*") || own.equals(asked.name()));
        }
    }

    Role {
        tables = List.copyOf(tables);
        publish = List.copyOf(publish);
        subscribe = List.copyOf(subscribe);
        operations = Set.copyOf(operations);
    }

    /**
     * The role in a row.
     *
     * @throws IllegalArgumentException when the row is none
     */
    static Role of(Row row) {
        return of(row.body().value());
    }

    /**
     * The role that an object describes.
     *
     * @throws IllegalArgumentException saying what is wrong with it
     */
    static Role of(@Nullable Object value) {
        Map<?, ?> map = object(value, "a role");
        known(map, KEYS, "a role");
        if (!(map.get("name") instanceof String name) || !StoredUser.legal(name)) {
            throw new IllegalArgumentException("name: the name of a role is that of a user: 1 to 256 bytes without"
                    + " control characters and without + # / : $ %");
        }
        List<OnTable> tables = new ArrayList<>();
        for (Object each : list(map.get("tables"), "tables")) {
            tables.add(onTable(object(each, "tables")));
        }
        return new Role(
                name,
                truth(map.get("administrator"), "administrator"),
                tables,
                filters(map.get("publish"), "publish"),
                filters(map.get("subscribe"), "subscribe"),
                new HashSet<>(texts(map.get("operations"), "operations")));
    }

    private static OnTable onTable(Map<?, ?> map) {
        known(map, TABLE_KEYS, "a table of a role");
        if (!(map.get("table") instanceof String table) || table.isEmpty()) {
            throw new IllegalArgumentException("tables.table: is the name of a table, such as data.Sensors, or *");
        }
        String qualified = table.equals("*") ? "*.*" : table.contains(".") ? table : Table.DATA + "." + table;
        Object rows = map.get("rows") == null ? "" : map.get("rows");
        if (!(rows instanceof String condition) || condition.length() > LONGEST_RULE) {
            throw new IllegalArgumentException("tables.rows: is a condition, such as owner=%u");
        }
        Map<Verb, Grant> grants = new EnumMap<>(Verb.class);
        grant(grants, Verb.READ, map.get("read"), condition);
        grant(grants, Verb.INSERT, map.get("insert"), condition);
        grant(grants, Verb.UPDATE, map.get("update"), condition);
        if (truth(map.get("delete"), "tables.delete")) {
            grants.put(Verb.DELETE, new Grant(null, condition));
        }
        return new OnTable(qualified, grants);
    }

    private static void grant(Map<Verb, Grant> grants, Verb verb, @Nullable Object said, String rows) {
        String key = "tables." + verb.name().toLowerCase(java.util.Locale.ROOT);
        if (said instanceof List<?> attributes) {
            grants.put(verb, new Grant(Set.copyOf(texts(attributes, key)), rows));
        } else if (truth(said, key)) {
            grants.put(verb, new Grant(null, rows));
        }
    }

    private static List<String> filters(@Nullable Object value, String key) {
        List<String> filters = texts(value, key);
        for (String filter : filters) {
            try {
                Filter.of(filter.replace("%u", "u").replace("%c", "c"));
            } catch (RuntimeException illegal) {
                throw new IllegalArgumentException(key + ": " + illegal.getMessage(), illegal);
            }
        }
        return filters;
    }

    private static boolean truth(@Nullable Object value, String key) {
        if (value == null) {
            return false;
        } else if (value instanceof Boolean said) {
            return said;
        }
        throw new IllegalArgumentException(key + ": is true or false");
    }

    private static Map<?, ?> object(@Nullable Object value, String what) {
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw new IllegalArgumentException(what + ": is an object");
    }

    private static void known(Map<?, ?> map, Set<String> keys, String what) {
        for (Object key : map.keySet()) {
            if (!(key instanceof String text) || !keys.contains(text)) {
                throw new IllegalArgumentException(what + " has no '" + key + "'; it has " + keys);
            }
        }
    }

    private static List<?> list(@Nullable Object value, String key) {
        if (value == null) {
            return List.of();
        } else if (value instanceof List<?> list) {
            return list;
        }
        throw new IllegalArgumentException(key + ": is a list");
    }

    private static List<String> texts(@Nullable Object value, String key) {
        List<String> texts = new ArrayList<>();
        for (Object each : list(value, key)) {
            if (!(each instanceof String text)) {
                throw new IllegalArgumentException(key + ": is a list of texts");
            }
            texts.add(text);
        }
        return texts;
    }
}
