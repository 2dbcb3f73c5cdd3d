// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Failure;
import dev.tarn.api.operation.Operation;
import dev.tarn.api.resource.Context;
import dev.tarn.api.security.Access;
import dev.tarn.api.security.Audit;
import dev.tarn.transport.HttpExchange;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The operations that there are, who may run them, and how what they say is answered. Safe on any thread. */
final class OfferedOperations {

    private static final Logger LOG = LoggerFactory.getLogger(OfferedOperations.class);

    private final Bodies bodies;
    private final Access access;
    private final Map<String, Operation> byName = new ConcurrentHashMap<>();
    private final AtomicReference<@Nullable Audit> audit = new AtomicReference<>();

    OfferedOperations(Bodies bodies, Access access) {
        this.bodies = bodies;
        this.access = access;
    }

    /** What is run is written down from now on. */
    void setAudit(Audit trail) {
        audit.set(trail);
    }

    /** It no longer is. */
    void unsetAudit(Audit trail) {
        audit.compareAndSet(trail, null);
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

    /**
     * Refuses whoever may not run it, which is written down.
     *
     * @throws Failure FORBIDDEN
     */
    void check(HttpExchange exchange, String name, Map<String, Object> arguments) {
        if (allowed(exchange.context(), name)) {
            return;
        }
        Audit trail = audit.get();
        if (trail != null) {
            trail.record(event(exchange, name, false, arguments));
        }
        throw forbidden();
    }

    static Failure forbidden() {
        return new Failure(Failure.Code.FORBIDDEN, "operations are for administrators, and for roles that name them");
    }

    /**
     * Runs what its caller may run. What may change something is run once the trail has it, and not at all where the trail cannot take
     * it.
     *
     * @param thread where it begins
     */
    CompletionStage<Map<String, Object>> run(
            HttpExchange exchange, String name, Map<String, Object> arguments, Executor thread) {
        try {
            check(exchange, name, arguments);
            Operation operation = named(name);
            if (operation == null) {
                throw new Failure(
                        Failure.Code.NOT_FOUND,
                        "there is no operation '" + name + "', only " + String.join(", ", names()));
            }
            LOG.info(
                    "operation name={} user={} remote={}",
                    name,
                    exchange.context().user().name(),
                    exchange.connection().remote());
            return entered(operation, event(exchange, name, true, arguments))
                    .thenComposeAsync(done -> operation.run(exchange.context(), arguments), thread);
        } catch (RuntimeException refused) {
            return CompletableFuture.failedStage(refused);
        }
    }

    private CompletionStage<Void> entered(Operation operation, Audit.Event event) {
        Audit trail = audit.get();
        if (trail != null && operation.changes()) {
            return trail.enter(event);
        } else if (trail != null) {
            trail.record(event);
        }
        return CompletableFuture.completedStage(null);
    }

    private static Audit.Event event(
            HttpExchange exchange, String name, boolean allowed, Map<String, Object> arguments) {
        Object about = arguments.getOrDefault("name", arguments.getOrDefault("bundle", arguments.get("file")));
        return new Audit.Event(
                name,
                exchange.context().user().name(),
                exchange.context().protocol(),
                exchange.connection().remote(),
                allowed,
                about instanceof String text ? text : "");
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
