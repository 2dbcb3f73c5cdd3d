// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Logic over a table: override what is to be done otherwise, and call {@code super} for what the plain table does. Where
 * {@link #put} is overridden, every write of a whole row goes through it, whatever the protocol: PUT, PATCH, POST of a new
 * row, arrays of rows, retained MQTT messages. Every call is a transaction; see {@link Logic}.
 *
 * @param <T> a record with {@link Table}, or {@code Map<String, Object>} for rows as they come; then the resource itself has
 *     {@link Export} with the name of the table
 */
@ConsumerType
public abstract class TableResource<T> implements Logic {

    private static final Map<Action, String> NAMES = new EnumMap<>(Action.class);

    static {
        for (Action action : Action.values()) {
            NAMES.put(action, action.name().toLowerCase(Locale.ROOT));
        }
    }

    private final Class<?> type = type(getClass());
    private final Shape<T> shape = Shape.of(type);

    /** What {@code T} is. */
    private static Class<?> type(Class<?> resource) {
        for (Class<?> each = resource; each != null && each != Object.class; each = each.getSuperclass()) {
            if (each.getGenericSuperclass() instanceof ParameterizedType parameterized
                    && parameterized.getRawType() == TableResource.class) {
                Type argument = parameterized.getActualTypeArguments()[0];
                if (argument instanceof Class<?> record && record.isRecord()) {
                    return record;
                } else if (argument == Map.class
                        || (argument instanceof ParameterizedType map && map.getRawType() == Map.class)) {
                    return Map.class;
                }
            }
        }
        throw new IllegalArgumentException(
                resource.getName() + " is to extend TableResource<R> with a record R, or with Map<String, Object>");
    }

    /** The record that its rows are; {@code Map.class} for rows as they come. */
    public final Class<?> rowType() {
        return type;
    }

    /** One row; null when there is none. */
    public @Nullable T get(Call call) throws Exception {
        Row row = call.plain().get(id(call)).orElse(null);
        return row == null ? null : shape.read(row.body().value());
    }

    /** The rows that a query finds. */
    public Iterable<T> find(Call call) throws Exception {
        return () -> new TypedRows.Reading<>(call.plain().find(call.query()), shape);
    }

    /** Creates or replaces a row. Properties that the record does not know stay with it. */
    public void put(Call call, T row) throws Exception {
        call.plain().put(id(call), body(call, row));
    }

    /** Changes a row in part. Where this is overridden, it is not done through {@link #put}. */
    public void patch(Call call) throws Exception {
        call.plain().patch(id(call), sent(call));
    }

    /** Removes a row. */
    public void delete(Call call) throws Exception {
        call.plain().delete(id(call));
    }

    /**
     * Creates a row, where no id is named; else does whatever is asked for at the path. Where this is overridden, new rows are
     * not put.
     *
     * @return what is answered: an {@link Answer}, a {@link Body} or a value; null for what the plain table answers
     */
    public @Nullable Object post(Call call) throws Exception {
        String id = call.id();
        if (id == null) {
            call.plain().create(sent(call));
        } else {
            call.plain().publish(id, sent(call));
        }
        return null;
    }

    /** Says something at a row without changing it. */
    public void publish(Call call) throws Exception {
        call.plain().publish(id(call), sent(call));
    }

    /** Lets a subscription begin, unless it throws. */
    public void subscribe(Call call) throws Exception {
        // Who may read may listen.
    }

    /** Takes a WebSocket or a stream of events over; see {@link Endpoint#connect}. */
    public Flow.Publisher<?> connect(Call call, Flow.Publisher<Body> incoming) throws Exception {
        throw new Failure(Failure.Code.UNSUPPORTED, call.path().first() + " has no connect");
    }

    /** What HTTP answers, when it is not what the plain table would: {@code put}, {@code patch}, {@code delete}. */
    protected final void answer(Call call, Answer answer) {
        call.answer(answer);
    }

    /**
     * What other tables are reached with, and what is said elsewhere: the caller's rights. Override it to return {@link Call#own} where
     * the class may do what its callers may not.
     */
    protected Transaction transaction(Call call) {
        return call.transaction();
    }

    /** Says something at any path once the call has succeeded. */
    protected final void say(Call call, String path, Object value) {
        transaction(call).publish(Path.of(path), Answers.body(call.bodies(), value), Attributes.NONE);
    }

    /** Another table, in the same transaction. */
    protected final <O extends Record> TypedRows<O> table(Call call, Class<O> other) {
        return TypedRows.of(transaction(call), other, call.bodies());
    }

    private static String id(Call call) {
        String id = call.id();
        if (id == null) {
            throw new Failure(Failure.Code.MALFORMED, "\"" + call.path() + "\" needs an id");
        }
        return id;
    }

    private static Body sent(Call call) {
        Body body = call.body();
        if (body == null) {
            throw new Failure(Failure.Code.MALFORMED, "there is no body");
        }
        return body;
    }

    /** The row with what its sender said beyond what the record knows. */
    private Body body(Call call, T row) {
        Map<String, @Nullable Object> written = shape.write(row);
        Body sent = call.body();
        if (sent != null && call.action() == Action.PUT && call.value() instanceof Map<?, ?> whole) {
            Map<String, @Nullable Object> all = new LinkedHashMap<>();
            written.forEach((name, value) -> {
                if (value != null || whole.containsKey(name)) {
                    all.put(name, value);
                }
            });
            if (type != Map.class) {
                whole.forEach((name, value) -> all.putIfAbsent(String.valueOf(name), value));
            }
            return call.bodies().of(all).with(sent.contents());
        }
        return call.bodies().of(written);
    }

    /** The row that was sent, with its id. */
    private T row(Call call) {
        Object value = call.value();
        if (!(value instanceof Map<?, ?> sent)) {
            throw new Failure(
                    Failure.Code.INVALID, "the body must be an object", java.util.List.of("body: must be an object"));
        }
        return shape.read(sent, call.id());
    }

    @Override
    public Set<Action> actions() {
        return Answers.overridden(getClass(), TableResource.class, NAMES);
    }

    @Override
    public final Answer answer(Call call) throws Exception {
        switch (call.action()) {
            case GET -> {
                T row = get(call);
                return row == null ? Answer.of(Optional.empty()) : Answers.of(call.bodies(), shape.answered(row));
            }
            case FIND -> {
                return items(call, find(call));
            }
            case POST -> {
                Object said = post(call);
                return said == null ? Answer.PLAIN : Answers.of(call.bodies(), said);
            }
            case CONNECT -> {
                return Answers.stream(call, connect(call, Answers.incoming(call)));
            }
            case PUT -> put(call, row(call));
            case PATCH -> patch(call);
            case DELETE -> delete(call);
            case PUBLISH -> publish(call);
            case SUBSCRIBE -> subscribe(call);
        }
        return Answer.PLAIN;
    }

    /** All of them at once, since a query of the call ends with it. */
    private Answer items(Call call, Iterable<T> rows) {
        java.util.List<Object> all = new java.util.ArrayList<>();
        for (Iterator<T> each = rows.iterator(); each.hasNext(); ) {
            if (all.size() == MOST_FOUND) {
                throw new Failure(
                        Failure.Code.TOO_LARGE, "more than " + MOST_FOUND + " rows; ask for fewer with limit()");
            }
            all.add(Shape.plain(each.next()));
        }
        return Answer.of(call.bodies().of(all));
    }

    /** The most rows that an overridden find answers. */
    public static final int MOST_FOUND = 100_000;
}
