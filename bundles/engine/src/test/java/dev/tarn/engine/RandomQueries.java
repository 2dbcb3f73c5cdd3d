// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import java.math.BigDecimal;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiPredicate;
import java.util.function.IntPredicate;
import java.util.function.Predicate;

/** Makes tables, rows and queries, with what the queries mean said once more and as plainly as possible. */
final class RandomQueries {

    private static final List<String> WORDS = List.of(
            "", "a", "ab", "abc", "b", "B", "z", "ü", "\uD83D\uDE00", "\uFFFD", "a b", "x&y", "null", "5", "a*");

    private final Random random;
    private final List<Attribute> attributes = new ArrayList<>();
    private final boolean numeric;

    RandomQueries(Random random) {
        this.random = random;
        this.numeric = random.nextInt(3) == 0;
        attributes.add(Attribute.primaryKey("id", numeric ? Attribute.Type.LONG : Attribute.Type.ID));
        int count = 2 + random.nextInt(6);
        for (int i = 0; i < count; i++) {
            Attribute.Type type = QueryPropertyTest.TYPES.get(random.nextInt(QueryPropertyTest.TYPES.size()));
            boolean list = type != Attribute.Type.ANY && random.nextInt(5) == 0;
            attributes.add(new Attribute("p" + i, type, list, false, false, random.nextInt(3) != 0, false, List.of()));
        }
    }

    Table table() {
        return new Table(Table.DATA, "T", "T", attributes, Table.Rules.DECLARED);
    }

    // Rows

    Map<String, Object> row(int number) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("id", numeric ? (Object) (long) (number * 7 - 500) : id(number));
        for (Attribute attribute : attributes.subList(1, attributes.size())) {
            int chance = random.nextInt(10);
            if (chance == 0) {
                row.put(attribute.name(), null);
            } else if (chance > 1) {
                row.put(attribute.name(), attribute.list() ? list(attribute.type()) : value(attribute.type()));
            }
        }
        return row;
    }

    private static String id(int number) {
        return switch (number % 5) {
            case 0 -> "a/" + number;
            case 1 -> "A" + number;
            case 2 -> "\uD83D\uDE00" + number;
            case 3 -> "\uFFFD" + number;
            default -> Integer.toString(number);
        };
    }

    private List<Object> list(Attribute.Type type) {
        List<Object> list = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            list.add(value(type));
        }
        return list;
    }

    private Object value(Attribute.Type type) {
        return switch (type) {
            case STRING -> WORDS.get(random.nextInt(WORDS.size()));
            case INT -> (long) (random.nextInt(21) - 10);
            case LONG -> random.nextInt(8) == 0 ? Long.MAX_VALUE - random.nextInt(3) : (long) random.nextInt(50);
            case FLOAT -> random.nextBoolean() ? (Object) (random.nextInt(40) / 4.0) : (long) random.nextInt(10);
            case BOOLEAN -> random.nextBoolean();
            case DATE -> Instant.ofEpochSecond(1_700_000_000L + random.nextInt(20));
            default -> any();
        };
    }

    private Object any() {
        return switch (random.nextInt(5)) {
            case 0 -> value(Attribute.Type.STRING);
            case 1 -> value(Attribute.Type.FLOAT);
            case 2 -> value(Attribute.Type.BOOLEAN);
            case 3 -> list(Attribute.Type.INT);
            default -> Map.of("x", value(Attribute.Type.INT));
        };
    }

    // Queries

    /** A query, and what it means. */
    record Asked(
            String conditions,
            Predicate<Row> matches,
            String sort,
            Comparator<Row> order,
            long from,
            long to,
            Comparator<Row> byId) {

        boolean ordered() {
            return order != null || to != Long.MAX_VALUE;
        }

        String text() {
            List<String> parts = new ArrayList<>();
            if (!conditions.isEmpty()) {
                parts.add(conditions);
            }
            if (!sort.isEmpty()) {
                parts.add("sort(" + sort + ")");
            }
            if (to != Long.MAX_VALUE) {
                parts.add(from == 0 ? "limit(" + to + ")" : "limit(" + from + "," + to + ")");
            }
            return String.join("&", parts);
        }

        /** All of its rows, in the order that its pages have if they are to be paged. */
        Asked withoutLimit(boolean paged) {
            return new Asked(conditions, matches, sort, order == null && paged ? byId : order, 0, Long.MAX_VALUE, byId);
        }

        List<Row> of(List<Row> all) {
            List<Row> rows = new ArrayList<>(all.stream().filter(matches).toList());
            rows.sort(order == null ? byId : order);
            int start = (int) Math.min(rows.size(), from);
            return rows.subList(start, (int) Math.max(start, Math.min(rows.size(), to)));
        }
    }

    private record Part(String text, Predicate<Row> matches) {}

    Asked query() {
        Part part = random.nextInt(12) == 0 ? new Part("", row -> true) : conditions(0);
        Comparator<Row> byId = byId(false);
        List<String> sort = new ArrayList<>();
        Comparator<Row> order = null;
        boolean down = false;
        for (int keys = random.nextInt(3); keys > 0; keys--) {
            Attribute attribute = attributes.get(random.nextInt(attributes.size()));
            down = random.nextBoolean();
            sort.add((down ? "-" : random.nextBoolean() ? "+" : "") + attribute.name());
            Comparator<Row> next = by(attribute.name(), down);
            order = order == null ? next : order.thenComparing(next);
        }
        if (order != null) {
            order = order.thenComparing(byId(down));
        }
        long from = random.nextInt(3) == 0 ? random.nextInt(20) : 0;
        long to = random.nextInt(2) == 0 ? from + random.nextInt(60) : Long.MAX_VALUE;
        return new Asked(
                part.text(), part.matches(), String.join(",", sort), order, to == Long.MAX_VALUE ? 0 : from, to, byId);
    }

    private Part conditions(int depth) {
        int count = 1 + random.nextInt(3);
        boolean or = random.nextBoolean();
        List<Part> parts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            if (depth < 2 && random.nextInt(5) == 0) {
                Part inner = conditions(depth + 1);
                boolean square = random.nextBoolean();
                parts.add(new Part((square ? "[" : "(") + inner.text() + (square ? "]" : ")"), inner.matches()));
            } else {
                parts.add(condition());
            }
        }
        String text = String.join(or ? "|" : "&", parts.stream().map(Part::text).toList());
        Predicate<Row> matches = row -> or
                ? parts.stream().anyMatch(part -> part.matches().test(row))
                : parts.stream().allMatch(part -> part.matches().test(row));
        return new Part(text, matches);
    }

    private Part condition() {
        Attribute attribute = attributes.get(random.nextInt(attributes.size()));
        String name = attribute.name();
        boolean text = attribute.type() == Attribute.Type.STRING || attribute.type() == Attribute.Type.ID;
        int kind = random.nextInt(text ? 10 : 7);
        if (kind == 0) {
            boolean not = random.nextBoolean();
            return new Part(name + (not ? "!=" : "==") + "null", row -> not != holds(row, name, null, Object::equals));
        }
        Object wanted = attribute.primaryKey() ? key() : value(attribute.type());
        if (wanted instanceof List<?> || wanted instanceof Map<?, ?>) {
            wanted = 3L;
        }
        Object value = wanted;
        BiPredicate<Object, Object> same = RandomQueries::same;
        return switch (kind) {
            case 1 -> new Part(name + "==" + written(value), row -> holds(row, name, value, same));
            case 2 -> new Part(name + "!=" + written(value), row -> !holds(row, name, value, same));
            case 3 -> in(name, value, attribute.primaryKey() ? key() : value);
            case 4 -> new Part(name + "=gt=" + written(value), row -> holds(row, name, value, ordered(x -> x > 0)));
            case 5 -> new Part(name + "=le=" + written(value), row -> holds(row, name, value, ordered(x -> x <= 0)));
            case 6 -> between(name, value, attribute.primaryKey() ? key() : value(attribute.type()));
            case 7 -> text(name, "=ct=" + escaped(value.toString()), all -> all.contains(value.toString()));
            case 8 ->
                text(
                        name,
                        random.nextBoolean()
                                ? "=sw=" + escaped(value.toString())
                                : "==" + escaped(value.toString()) + "*",
                        all -> all.startsWith(value.toString()));
            default -> text(name, "=ew=" + escaped(value.toString()), all -> all.endsWith(value.toString()));
        };
    }

    private static Part text(String name, String rest, Predicate<String> test) {
        return new Part(name + rest, row -> holds(row, name, "", (a, b) -> a instanceof String all && test.test(all)));
    }

    private static Part in(String name, Object one, Object other) {
        return new Part(
                name + "=in=(" + written(one) + "," + written(other) + ",null)",
                row -> holds(row, name, one, RandomQueries::same)
                        || holds(row, name, other, RandomQueries::same)
                        || holds(row, name, null, Object::equals));
    }

    private Part between(String name, Object from, Object to) {
        Object end = to instanceof List<?> || to instanceof Map<?, ?> ? 5L : to;
        return new Part(
                "(" + name + "=ge=" + written(from) + "&" + (random.nextBoolean() ? "" : name + "=") + "lt="
                        + written(end) + ")",
                row -> holds(row, name, from, ordered(x -> x >= 0)) && holds(row, name, end, ordered(x -> x < 0)));
    }

    private static BiPredicate<Object, Object> ordered(IntPredicate test) {
        return (a, b) -> sort(a) == sort(b) && sort(a) < 9 && test.test(compare(a, b));
    }

    private Object key() {
        int number = random.nextInt(300);
        return numeric ? (Object) (long) (number * 7 - 500 + random.nextInt(2)) : id(number);
    }

    private static String written(Object value) {
        if (value instanceof String text) {
            return "string:" + escaped(text);
        } else if (value instanceof Instant moment) {
            return "date:" + escaped(moment.toString());
        }
        return (value instanceof Boolean ? "boolean:" : "number:") + escaped(value.toString());
    }

    private static String escaped(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("*", "%2A");
    }

    // What it means

    private static Object of(Row row, String name) {
        return row.body().value() instanceof Map<?, ?> map ? map.get(name) : null;
    }

    private static boolean holds(Row row, String name, Object wanted, BiPredicate<Object, Object> test) {
        Object value = of(row, name);
        if (wanted == null) {
            return value == null || (value instanceof List<?> list && list.contains(null));
        }
        if (value instanceof List<?> list) {
            return list.stream().anyMatch(element -> element != null && test.test(element, wanted));
        }
        return value != null && test.test(value, wanted);
    }

    private static boolean same(Object a, Object b) {
        return sort(a) == sort(b) && sort(a) < 9 && compare(a, b) == 0;
    }

    private static int sort(Object value) {
        return value instanceof Boolean
                ? 1
                : value instanceof Number ? 2 : value instanceof Instant ? 3 : value instanceof String ? 4 : 9;
    }

    private static int compare(Object a, Object b) {
        if (sort(a) != sort(b)) {
            return sort(a) - sort(b);
        }
        return switch (sort(a)) {
            case 1 -> ((Boolean) a).compareTo((Boolean) b);
            case 2 -> new BigDecimal(a.toString()).compareTo(new BigDecimal(b.toString()));
            case 3 -> ((Instant) a).compareTo((Instant) b);
            default -> QueryPropertyTest.TEXTS.compare(a.toString(), b.toString());
        };
    }

    private static Comparator<Row> by(String name, boolean down) {
        return (a, b) -> {
            Object x = sortable(of(a, name));
            Object y = sortable(of(b, name));
            if (x == null || y == null) {
                return x == y ? 0 : x == null ? 1 : -1;
            }
            return down ? compare(y, x) : compare(x, y);
        };
    }

    private static Object sortable(Object value) {
        return value == null || sort(value) == 9 ? null : value;
    }

    private static Comparator<Row> byId(boolean down) {
        return by("id", down);
    }
}
