// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.operation.Operation;
import dev.tarn.api.resource.Context;
import dev.tarn.api.security.Access;
import dev.tarn.transport.HttpExchange;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The operations that there are, who may run them, and how what they say is answered. Safe on any thread. */
final class OfferedOperations {

    private final Bodies bodies;
    private final Access access;
    private final Map<String, Operation> byName = new ConcurrentHashMap<>();

    OfferedOperations(Bodies bodies, Access access) {
        this.bodies = bodies;
        this.access = access;
    }

    /** The later one of a name is the one that runs. */
    void add(Operation operation) {
        byName.put(operation.name(), operation);
    }

    /** What runs is not stopped. */
    void remove(Operation operation) {
        byName.remove(operation.name(), operation);
    }

    @Nullable
    Operation named(String name) {
        return byName.get(name);
    }

    SortedSet<String> names() {
        return new TreeSet<>(byName.keySet());
    }

    boolean allowed(Context context, String name) {
        return access.rights(context.user(), "").operation(name);
    }

    /** Answers with what comes of it, on the loop. */
    void answer(HttpExchange exchange, CompletionStage<Map<String, Object>> running) {
        running.whenComplete((result, failure) -> exchange.loop().execute(() -> {
            if (failure == null) {
                answer(exchange, result);
            } else {
                exchange.fail(failure);
            }
        }));
    }

    /** Answers with this. On the loop. */
    void answer(HttpExchange exchange, Map<String, Object> result) {
        byte[] json = bodies.of(result).as(Bodies.JSON).bytes();
        exchange.respond(Answers.of(HttpResponseStatus.OK, Bodies.JSON, json));
    }
}
