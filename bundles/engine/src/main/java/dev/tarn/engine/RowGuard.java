// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Content;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.store.Guard;
import dev.tarn.engine.query.Sight;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a writer within the rows and attributes that he may write: the row that is there must be in his reach, and so must
 * be what it becomes; attributes out of reach stay as they are. On the committer thread.
 */
final class RowGuard implements Guard {

    private final Path path;
    private final List<String> keys;
    private final Bodies bodies;
    private final Sight inserting;
    private final Sight changing;
    private final boolean silent;

    /** What may be changed of the row that is there. Of the committer thread, which asks for the row first and then for what it becomes. */
    private Sight.Scope scope = Sight.Scope.ALL;

    /**
     * @param inserting what new rows may be
     * @param changing which rows may be changed, and what of them
     * @param silent whether a row out of reach is as if it were not there
     */
    RowGuard(Exported exported, Path path, Bodies bodies, Sight inserting, Sight changing, boolean silent) {
        this.path = path;
        this.keys = exported.schema().key().names();
        this.bodies = bodies;
        this.inserting = inserting;
        this.changing = changing;
        this.silent = silent;
    }

    @Override
    public void before(@Nullable Row before) {
        if (before == null) {
            return;
        }
        Sight.Scope reached = changing.scope(before);
        if (reached == null) {
            throw silent
                    ? new Failure(Failure.Code.NOT_FOUND, "there is no such row to change")
                    : new Failure(Failure.Code.FORBIDDEN, "you may not write " + path);
        }
        scope = reached;
    }

    @Override
    public Body after(@Nullable Row before, Body after) {
        Sight.Scope writable = before == null ? inserting.scope(row(after)) : scope;
        if (writable == null) {
            throw refused();
        }
        Set<String> attributes = writable.attributes();
        Body kept = attributes == null ? after : kept(before, after, attributes);
        if (before != null && changing.scope(row(kept)) == null) {
            throw refused();
        }
        return kept;
    }

    private Failure refused() {
        return new Failure(Failure.Code.FORBIDDEN, "you may not make " + path + " what you wrote");
    }

    private Row row(Body body) {
        return new Row(path, body, 0, Attributes.NONE);
    }

    private Body kept(@Nullable Row before, Body after, Set<String> writable) {
        if (!(after.value() instanceof Map<?, ?> next)) {
            throw new Failure(Failure.Code.FORBIDDEN, "you may write some attributes of " + path + " only");
        }
        Map<?, ?> old = before != null && before.body().value() instanceof Map<?, ?> map ? map : Map.of();
        for (Map.Entry<?, ?> entry : next.entrySet()) {
            Object name = entry.getKey();
            if (!open(name, writable) && !Objects.deepEquals(entry.getValue(), old.get(name))) {
                throw new Failure(Failure.Code.FORBIDDEN, "you may not write attribute " + name + " of " + path);
            }
        }
        boolean contents = before != null && !before.body().contents().isEmpty();
        for (Object name : old.keySet()) {
            if (contents || !open(name, writable)) {
                return merged(old, next, before, after, writable);
            }
        }
        return after;
    }

    /** Whether the writer decides what this attribute is. */
    private boolean open(@Nullable Object name, Set<String> writable) {
        return keys.contains(name) || writable.contains(name);
    }

    /** What is written, and of the row that is there what the writer does not reach. */
    private Body merged(Map<?, ?> old, Map<?, ?> next, @Nullable Row before, Body after, Set<String> writable) {
        Map<String, @Nullable Object> kept = new LinkedHashMap<>();
        next.forEach((name, value) -> kept.put(String.valueOf(name), value));
        old.forEach((name, value) -> {
            if (!open(name, writable)) {
                kept.put(String.valueOf(name), value);
            }
        });
        Map<String, Content> contents = new LinkedHashMap<>();
        if (before != null) {
            contents.putAll(before.body().contents());
        }
        contents.putAll(after.contents());
        contents.keySet().retainAll(kept.keySet());
        return contents.isEmpty() ? bodies.of(kept) : bodies.of(kept).with(contents);
    }
}
