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
    private final Set<String> keys;
    private final Bodies bodies;
    private final Sight inserting;
    private final Sight changing;
    private final boolean silent;

    /**
     * @param inserting what new rows may be
     * @param changing which rows may be changed, and what of them
     * @param silent whether a row out of reach is as if it were not there
     */
    RowGuard(Exported exported, Path path, Bodies bodies, Sight inserting, Sight changing, boolean silent) {
        this.path = path;
        this.keys = Set.copyOf(exported.schema().key().names());
        this.bodies = bodies;
        this.inserting = inserting;
        this.changing = changing;
        this.silent = silent;
    }

    @Override
    public void before(@Nullable Row before) {
        if (before != null && !changing.reaches(before)) {
            throw silent
                    ? new Failure(Failure.Code.NOT_FOUND, "there is no such row to change")
                    : new Failure(Failure.Code.FORBIDDEN, "you may not write " + path);
        }
    }

    @Override
    public Body after(@Nullable Row before, Body after) {
        Sight sight = before == null ? inserting : changing;
        Set<String> writable = sight.writable(before == null ? row(after) : before);
        Body kept = writable == null ? after : kept(before, after, writable);
        if (!sight.reaches(row(kept))) {
            throw new Failure(Failure.Code.FORBIDDEN, "you may not make " + path + " what you wrote");
        }
        return kept;
    }

    private Row row(Body body) {
        return new Row(path, body, 0, Attributes.NONE);
    }

    private Body kept(@Nullable Row before, Body after, Set<String> writable) {
        if (!(after.value() instanceof Map<?, ?> next)) {
            throw new Failure(Failure.Code.FORBIDDEN, "you may write some attributes of " + path + " only");
        }
        Map<?, ?> old = before != null && before.body().value() instanceof Map<?, ?> map ? map : Map.of();
        Map<String, @Nullable Object> kept = new LinkedHashMap<>();
        next.forEach((name, value) -> {
            boolean allowed = keys.contains(name) || writable.contains(name);
            if (!allowed && !Objects.deepEquals(value, old.get(name))) {
                throw new Failure(Failure.Code.FORBIDDEN, "you may not write attribute " + name + " of " + path);
            }
            kept.put(String.valueOf(name), value);
        });
        old.forEach((name, value) -> {
            if (!keys.contains(name) && !writable.contains(name)) {
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
