// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Resource;
import dev.tarn.api.resource.Terms;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;

/** A table by its own name, whether or not it is exported; the first segment of paths says nothing. Safe on any thread. */
final class Inner implements Resource {

    private final Commons commons;
    private final Reads reads;
    private final Writes writes;
    private final String name;

    Inner(Commons commons, Reads reads, Writes writes, String name) {
        this.commons = commons;
        this.reads = reads;
        this.writes = writes;
        this.name = name;
    }

    @Override
    public CompletionStage<Optional<Row>> get(Context context, Path path) {
        return at(path, (table, row) -> reads.get(context, table, row));
    }

    @Override
    public CompletionStage<Commit> put(Context context, Path path, Body body, Terms terms) {
        return at(path, (table, row) -> writes.put(context, table, row, body, terms));
    }

    @Override
    public CompletionStage<Commit> patch(Context context, Path path, Body body, Terms terms) {
        return at(path, (table, row) -> writes.patch(context, table, row, body, terms));
    }

    @Override
    public CompletionStage<Commit> delete(Context context, Path path, Terms terms) {
        return at(path, (table, row) -> writes.delete(context, table, row, terms));
    }

    private <T> CompletionStage<T> at(Path path, BiFunction<Exported, Path, CompletionStage<T>> call) {
        try {
            Exported table = commons.routing().exports().stored(name);
            if (table == null) {
                throw new Failure(Failure.Code.NOT_FOUND, "table " + name + " is not there");
            }
            String id = path.rest();
            if (id == null || id.isEmpty()) {
                throw new Failure(Failure.Code.MALFORMED, "\"" + path + "\" is a table, not a row");
            }
            return call.apply(table, table.row(id));
        } catch (Failure refusal) {
            return CompletableFuture.failedFuture(refusal);
        }
    }
}
