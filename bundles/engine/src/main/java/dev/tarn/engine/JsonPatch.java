// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Failure;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A JSON Patch (RFC 6902): operations on places named by JSON Pointers (RFC 6901), all or none. Immutable. */
final class JsonPatch implements Patch {

    /** How many operations one patch may have, since they run on the thread that writes. */
    private static final int OPERATIONS = 1_000;

    private static final Set<String> KNOWN = Set.of("add", "replace", "test", "remove", "move", "copy");
    private static final Set<String> VALUED = Set.of("add", "replace", "test");

    private record Operation(
            String name,
            List<String> path,
            List<String> from,
            @Nullable Object value) {}

    private final List<Operation> operations = new ArrayList<>();

    private JsonPatch() {}

    static JsonPatch of(@Nullable Object value) {
        if (!(value instanceof List<?> list)) {
            throw invalid("a JSON Patch is a list of operations");
        }
        if (list.size() > OPERATIONS) {
            throw new Failure(
                    Failure.Code.TOO_LARGE, "a patch of " + list.size() + " operations, the most are " + OPERATIONS);
        }
        JsonPatch patch = new JsonPatch();
        for (Object each : list) {
            if (!(each instanceof Map<?, ?> operation)) {
                throw invalid("an operation is an object");
            }
            patch.operations.add(operation(operation));
        }
        return patch;
    }

    private static Operation operation(Map<?, ?> operation) {
        if (!(operation.get("op") instanceof String name)) {
            throw invalid("an operation needs \"op\"");
        }
        if (!KNOWN.contains(name)) {
            throw invalid("unknown operation " + Schema.described(name));
        }
        if (VALUED.contains(name) && !operation.containsKey("value")) {
            throw invalid(name + " needs \"value\"");
        }
        boolean moves = name.equals("move") || name.equals("copy");
        return new Operation(
                name,
                pointer(operation.get("path"), "path"),
                moves ? pointer(operation.get("from"), "from") : List.of(),
                operation.get("value"));
    }

    private static List<String> pointer(@Nullable Object text, String what) {
        if (!(text instanceof String pointer) || (!pointer.isEmpty() && pointer.charAt(0) != '/')) {
            throw invalid("\"" + what + "\" must be a JSON Pointer");
        }
        List<String> names = new ArrayList<>();
        if (!pointer.isEmpty()) {
            for (String name : pointer.substring(1).split("/", -1)) {
                names.add(name.replace("~1", "/").replace("~0", "~"));
            }
        }
        return names;
    }

    @Override
    public Map<String, @Nullable Object> apply(Map<String, @Nullable Object> object) {
        Object document = copy(object);
        for (Operation operation : operations) {
            document = applied(document, operation);
        }
        if (document instanceof Map<?, ?> result) {
            return Schema.object(result);
        }
        throw invalid("the row would no longer be an object");
    }

    private static @Nullable Object applied(@Nullable Object document, Operation operation) {
        return switch (operation.name()) {
            case "add" -> put(document, operation.path(), copy(operation.value()), true);
            case "replace" -> put(document, operation.path(), copy(operation.value()), false);
            case "remove" -> removed(document, operation.path());
            case "copy" -> put(document, operation.path(), copy(at(document, operation.from())), true);
            case "move" -> moved(document, operation);
            default -> tested(document, operation);
        };
    }

    private static @Nullable Object moved(@Nullable Object document, Operation operation) {
        List<String> from = operation.from();
        List<String> to = operation.path();
        if (to.size() > from.size() && to.subList(0, from.size()).equals(from)) {
            throw invalid("nothing can be moved into itself");
        }
        Object value = at(document, from);
        return put(removed(document, from), to, value, true);
    }

    private static @Nullable Object tested(@Nullable Object document, Operation operation) {
        if (!same(at(document, operation.path()), operation.value())) {
            throw new Failure(
                    Failure.Code.PRECONDITION, "the test at /" + String.join("/", operation.path()) + " does not hold");
        }
        return document;
    }

    private static boolean same(@Nullable Object a, @Nullable Object b) {
        if (a instanceof Number x && b instanceof Number y) {
            return new BigDecimal(x.toString()).compareTo(new BigDecimal(y.toString())) == 0;
        }
        if (a instanceof List<?> x && b instanceof List<?> y) {
            boolean equal = x.size() == y.size();
            for (int i = 0; equal && i < x.size(); i++) {
                equal = same(x.get(i), y.get(i));
            }
            return equal;
        }
        if (a instanceof Map<?, ?> x && b instanceof Map<?, ?> y) {
            boolean equal = x.keySet().equals(y.keySet());
            for (Map.Entry<?, ?> entry : x.entrySet()) {
                equal = equal && same(entry.getValue(), y.get(entry.getKey()));
            }
            return equal;
        }
        return a == null ? b == null : a.equals(b);
    }

    private static @Nullable Object at(@Nullable Object document, List<String> path) {
        Object place = document;
        for (String name : path) {
            if (place instanceof Map<?, ?> object && object.containsKey(name)) {
                place = object.get(name);
            } else if (place instanceof List<?> list) {
                place = list.get(index(name, list.size() - 1));
            } else {
                throw missing(path);
            }
        }
        return place;
    }

    private static @Nullable Object put(
            @Nullable Object document, List<String> path, @Nullable Object value, boolean adding) {
        if (path.isEmpty()) {
            return value;
        }
        String name = path.get(path.size() - 1);
        Object parent = at(document, path.subList(0, path.size() - 1));
        if (parent instanceof Map<?, ?> map) {
            Map<String, @Nullable Object> object = Schema.object(map);
            if (!adding && !object.containsKey(name)) {
                throw missing(path);
            }
            object.put(name, value);
        } else if (parent instanceof List<?>) {
            List<@Nullable Object> list = list(parent);
            if (!adding) {
                list.set(index(name, list.size() - 1), value);
            } else {
                list.add(name.equals("-") ? list.size() : index(name, list.size()), value);
            }
        } else {
            throw missing(path);
        }
        return document;
    }

    private static @Nullable Object removed(@Nullable Object document, List<String> path) {
        if (path.isEmpty()) {
            return null;
        }
        String name = path.get(path.size() - 1);
        Object parent = at(document, path.subList(0, path.size() - 1));
        if (parent instanceof Map<?, ?> object && object.containsKey(name)) {
            object.remove(name);
        } else if (parent instanceof List<?>) {
            List<@Nullable Object> list = list(parent);
            list.remove(index(name, list.size() - 1));
        } else {
            throw missing(path);
        }
        return document;
    }

    /** Lists in a document are copies that this patch made. */
    @SuppressWarnings("unchecked")
    private static List<@Nullable Object> list(Object list) {
        return (List<@Nullable Object>) list;
    }

    /** An index without leading zeros, up to the greatest (RFC 6901 §4). */
    private static int index(String name, int greatest) {
        boolean digits = !name.isEmpty() && name.length() < 10 && (name.length() == 1 || name.charAt(0) != '0');
        for (int i = 0; digits && i < name.length(); i++) {
            digits = name.charAt(i) >= '0' && name.charAt(i) <= '9';
        }
        if (!digits || Integer.parseInt(name) > greatest) {
            throw invalid("no element " + Schema.described(name) + " in a list up to " + greatest);
        }
        return Integer.parseInt(name);
    }

    private static @Nullable Object copy(@Nullable Object value) {
        if (value instanceof Map<?, ?> object) {
            Map<String, @Nullable Object> copy = new LinkedHashMap<>();
            object.forEach((name, each) -> copy.put((String) name, copy(each)));
            return copy;
        }
        if (value instanceof List<?> list) {
            List<@Nullable Object> copy = new ArrayList<>(list.size());
            for (Object each : list) {
                copy.add(copy(each));
            }
            return copy;
        }
        return value;
    }

    private static Failure missing(List<String> path) {
        return invalid("there is nothing at " + Schema.described("/" + String.join("/", path)));
    }

    private static Failure invalid(String why) {
        return new Failure(Failure.Code.INVALID, "the patch cannot be applied: " + why, List.of("patch: " + why));
    }
}
