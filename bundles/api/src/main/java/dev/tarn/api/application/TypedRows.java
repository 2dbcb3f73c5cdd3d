// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Row;
import java.util.Iterator;
import java.util.Optional;

/**
 * A table of records in a transaction. For the call's thread; see {@link Rows}.
 *
 * @param <T> a record with {@link Table}
 */
public final class TypedRows<T> {

    private final Rows rows;
    private final Shape<T> shape;
    private final Bodies bodies;

    private TypedRows(Rows rows, Shape<T> shape, Bodies bodies) {
        this.rows = rows;
        this.shape = shape;
        this.bodies = bodies;
    }

    static <T extends Record> TypedRows<T> of(Transaction transaction, Class<T> type, Bodies bodies) {
        Table table = type.getAnnotation(Table.class);
        String name = table == null ? type.getSimpleName() : table.database() + "." + table.value();
        return new TypedRows<>(transaction.table(name), Shape.of(type), bodies);
    }

    /** The rows as they are. */
    public Rows plain() {
        return rows;
    }

    public Optional<T> get(String id) {
        return rows.get(id).map(row -> shape.read(row.body().value()));
    }

    /** Rows by the query language; ends with the call. */
    public Iterable<T> find(String query) {
        return () -> new Reading<>(rows.find(query), shape);
    }

    /** Creates or replaces the row whose id the record has. */
    public void put(T row) {
        rows.put(shape.id(row), bodies.of(shape.write(row)));
    }

    /** Creates a row, with an id made up where the record has none; returns the id. */
    public String create(T row) {
        return rows.create(bodies.of(shape.write(row)));
    }

    /** Removes a row; false when there was none. */
    public boolean delete(String id) {
        return rows.delete(id);
    }

    /** Rows as records. */
    record Reading<T>(Iterator<Row> rows, Shape<T> shape) implements Iterator<T> {
        @Override
        public boolean hasNext() {
            return rows.hasNext();
        }

        @Override
        public T next() {
            return shape.read(rows.next().body().value());
        }
    }
}
