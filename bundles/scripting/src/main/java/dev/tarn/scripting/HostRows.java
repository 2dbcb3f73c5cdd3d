// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import dev.tarn.api.application.Rows;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.graalvm.polyglot.PolyglotException;
import org.graalvm.polyglot.Value;
import org.graalvm.polyglot.proxy.ProxyExecutable;
import org.jspecify.annotations.Nullable;

/** Tables as functions for an isolate. The first three arguments are a door, a qualified name, and whether it is the own. */
final class HostRows {

    private static final int ROWS_AT_ONCE = 64;

    private final Loaded program;
    private final Isolate isolate;

    HostRows(Loaded program, Isolate isolate) {
        this.program = program;
        this.isolate = isolate;
    }

    void offer(Map<String, Object> members) {
        offer(
                members,
                "get",
                (rows, arguments) -> rows.get(arguments[3].asString())
                        .map(row -> (Object) isolate.values().row(row))
                        .orElse(null));
        offer(members, "put", (rows, arguments) -> {
            rows.put(arguments[3].asString(), body(arguments[4]));
            return null;
        });
        offer(members, "patch", (rows, arguments) -> {
            rows.patch(arguments[3].asString(), body(arguments[4]));
            return null;
        });
        offer(members, "remove", (rows, arguments) -> rows.delete(arguments[3].asString()));
        offer(members, "create", (rows, arguments) -> {
            String id = rows.create(body(arguments[3]));
            door(arguments).created(id);
            return id;
        });
        offer(members, "publish", (rows, arguments) -> {
            rows.publish(arguments[3].isNull() ? "" : arguments[3].asString(), body(arguments[4]));
            return null;
        });
        offer(members, "search", (rows, arguments) -> rows.find(arguments[3].asString()));
        members.put("rows", (ProxyExecutable) arguments -> next(arguments[0].asHostObject()));
        members.put("updated", (ProxyExecutable) arguments -> {
            long version = arguments[0].<Row>asHostObject().version();
            // What this transaction has written has no version yet.
            return (double) (version == 0 ? System.currentTimeMillis() : version / 1000);
        });
        members.put("expires", (ProxyExecutable) arguments -> {
            long expires = arguments[0].<Row>asHostObject().attributes().expiresAt();
            return expires == 0 ? null : (Object) (double) expires;
        });
        members.put(
                "table", (ProxyExecutable) arguments -> described(arguments[0].asString(), arguments[1].asString()));
        members.put("names", (ProxyExecutable) arguments -> isolate.values()
                .list(program.known().stream()
                        .filter(table -> table.database().equals(arguments[0].asString()))
                        .map(Table::name)
                        .toList()));
        members.put("databases", (ProxyExecutable) arguments -> isolate.values()
                .list(program.known().stream().map(Table::database).distinct().toList()));
        members.put("explain", (ProxyExecutable) arguments -> explain(arguments[0]));
    }

    private void offer(Map<String, Object> members, String name, BiFunction<Rows, Value[], @Nullable Object> action) {
        members.put(name, (ProxyExecutable) arguments -> {
            Door door = door(arguments);
            try {
                return action.apply(door.rows(arguments[1].asString(), arguments[2].asBoolean()), arguments);
            } catch (Failure failure) {
                throw door.refused(failure);
            }
        });
    }

    private static Door door(Value[] arguments) {
        return arguments[0].asHostObject();
    }

    private Body body(Value value) {
        return program.bodies().of(Values.out(value));
    }

    private Value next(Iterator<Row> cursor) {
        List<Row> rows = new ArrayList<>(ROWS_AT_ONCE);
        while (rows.size() < ROWS_AT_ONCE && cursor.hasNext()) {
            rows.add(cursor.next());
        }
        return isolate.values().rows(rows);
    }

    private @Nullable Object described(String database, String name) {
        for (Table table : program.known()) {
            if (table.database().equals(database) && table.name().equals(name)) {
                Map<String, Object> known = new LinkedHashMap<>();
                known.put("primaryKey", table.primaryKey().map(Attribute::name).orElse("id"));
                known.put(
                        "attributes",
                        table.attributes().stream().map(Attribute::name).toList());
                return isolate.values().in(known);
            }
        }
        program.absent().note(database, name);
        return null;
    }

    /** An error of ours, caught in the isolate: status, message, violations; null for one of its own. */
    private @Nullable Object explain(Value error) {
        if (!error.isException()) {
            return null;
        }
        Throwable thrown = thrown(error);
        if (thrown instanceof Failure failure) {
            List<Object> known = new ArrayList<>();
            known.add(status(failure));
            known.add(failure.reason());
            known.add(failure.violations());
            return isolate.values().list(known);
        }
        if (thrown instanceof IllegalArgumentException wrong) {
            return isolate.values().list(List.of(500, String.valueOf(wrong.getMessage()), List.of()));
        }
        return null;
    }

    private static @Nullable Throwable thrown(Value error) {
        try {
            throw error.throwException();
        } catch (PolyglotException exception) {
            return exception.isHostException() ? exception.asHostException() : null;
        }
    }

    /** The status that stands for a refusal. */
    static int status(Failure failure) {
        if (failure.status() != 0) {
            return failure.status();
        }
        return switch (failure.code()) {
            case MALFORMED -> 400;
            case UNAUTHENTICATED -> 401;
            case FORBIDDEN -> 403;
            case NOT_FOUND -> 404;
            case UNSUPPORTED -> 405;
            case CONFLICT -> 409;
            case PRECONDITION -> 412;
            case TOO_LARGE -> 413;
            case INVALID -> 422;
            case BUSY, UNAVAILABLE -> 503;
            case FULL -> 507;
        };
    }
}
