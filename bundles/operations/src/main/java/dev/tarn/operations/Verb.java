// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import dev.tarn.api.operation.Operation;
import dev.tarn.api.resource.Context;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;

/** An operation that may block, on a thread of its own. */
record Verb(String name, Executor thread, Function<Arguments, Map<String, Object>> work) implements Operation {

    @Override
    public CompletionStage<Map<String, Object>> run(Context context, Map<String, Object> arguments) {
        return CompletableFuture.supplyAsync(() -> work.apply(new Arguments(arguments)), thread);
    }

    @Override
    public boolean changes() {
        return !name.endsWith("_list");
    }
}
