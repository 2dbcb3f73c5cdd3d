// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.data;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What happened at a path, accepted by this node. Immutable but for the forms that protocols leave on it, so one change
 * is encoded once per form and shared by all its subscribers. Safe on any thread.
 */
public final class Change {

    private final long sequence;
    private final Kind kind;
    private final String table;
    private final Path path;
    private final @Nullable Body body;
    private final long version;
    private final long previous;
    private final Attributes attributes;
    private final AtomicReference<@Nullable Form> forms = new AtomicReference<>();

    private record Form(Object key, Object value, @Nullable Form next) {}

    /**
     * @param sequence place in the node's log, counted per change; 0 for a change that is not logged
     * @param table the table's qualified name, {@code database.name}
     * @param path the canonical path
     * @param body the row as it is afterwards, or the message; null for DELETE and EXPIRE
     * @param version microseconds since 1970 of a hybrid logical clock, below 2^53, unique on this node; 0 if unlogged
     * @param previous the version that it replaced; 0 when there was no row, or for a message
     */
    public Change(
            long sequence,
            Kind kind,
            String table,
            Path path,
            @Nullable Body body,
            long version,
            long previous,
            Attributes attributes) {
        this.sequence = sequence;
        this.kind = kind;
        this.table = table;
        this.path = path;
        this.body = body;
        this.version = version;
        this.previous = previous;
        this.attributes = attributes;
    }

    /** Place in the node's log, from 1; 0 when this change is not in the log and cannot be replayed. */
    public long sequence() {
        return sequence;
    }

    public Kind kind() {
        return kind;
    }

    /** The table's qualified name, {@code database.name}. */
    public String table() {
        return table;
    }

    public Path path() {
        return path;
    }

    /** The whole row as it is afterwards, or the message; null for DELETE and EXPIRE. */
    public @Nullable Body body() {
        return body;
    }

    /**
     * The row's version: a hybrid logical clock in microseconds since 1970, so below 2^53 and exact in JSON; unique on a
     * node, and in a cluster together with {@link Attributes#node()}. 0 for an unlogged message.
     */
    public long version() {
        return version;
    }

    /** The version that this one replaced; 0 when there was no row. */
    public long previous() {
        return previous;
    }

    public Attributes attributes() {
        return attributes;
    }

    public boolean logged() {
        return sequence != 0;
    }

    /**
     * This change in a form that a protocol sends, made by the first who asks for this key and shared by the rest. Two
     * threads that ask at once may both make it; one result is kept.
     *
     * @param key compared by identity
     */
    public <T> T form(FormKey<T> key, Function<Change, T> maker) {
        return form(key, this, maker);
    }

    /** As {@link #form(FormKey, Function)}, with an argument so that the maker need not capture one. */
    public <A, T> T form(FormKey<T> key, A argument, Function<A, T> maker) {
        for (Form form = forms.get(); form != null; form = form.next()) {
            if (form.key() == key) {
                return key.cast(form.value());
            }
        }
        T made = maker.apply(argument);
        Form head;
        do {
            head = forms.get();
        } while (!forms.compareAndSet(head, new Form(key, made, head)));
        return made;
    }

    /** Names a form of a change; the one instance of a constant is the identity. */
    public static final class FormKey<T> {
        private final Class<? super T> type;

        public FormKey(Class<? super T> type) {
            this.type = type;
        }

        @SuppressWarnings("unchecked")
        private T cast(Object value) {
            return (T) type.cast(value);
        }
    }

    @Override
    public String toString() {
        return kind + " " + path + " sequence=" + sequence + " version=" + version;
    }
}
