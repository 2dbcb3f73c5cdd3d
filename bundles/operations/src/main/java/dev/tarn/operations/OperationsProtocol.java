// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.api.operation.Operation;
import dev.tarn.api.security.Access;
import dev.tarn.api.security.Audit;
import dev.tarn.transport.HttpExchange;
import dev.tarn.transport.HttpProtocol;
import dev.tarn.transport.Problem;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * {@code POST /operations} with an object such as {@code {"operation": "status"}} runs the {@link Operation} of that name
 * with the other properties as its arguments; {@code GET} lists the names. For administrators. Safe on any thread.
 */
@Component(service = HttpProtocol.class, property = "tarn.door=admin")
public final class OperationsProtocol implements HttpProtocol, AutoCloseable {
    private static final int LARGEST = Integer.MAX_VALUE;
    private static final int WAITING = 16;
    private static final int THREADS = 2;

    private final Bodies bodies;
    private final OfferedOperations operations;
    private final ExecutorService threads = threads();

    @Activate
    public OperationsProtocol(@Reference Bodies bodies, @Reference Access access) {
        this.bodies = bodies;
        this.operations = new OfferedOperations(bodies, access);
    }

    /** What is run is written down from now on. */
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    public void setAudit(Audit trail) {
        operations.setAudit(trail);
    }

    /** It no longer is. */
    public void unsetAudit(Audit trail) {
        operations.unsetAudit(trail);
    }

    private static ThreadPoolExecutor threads() {
        ThreadPoolExecutor made = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(WAITING),
                work -> new Thread(work, "tarn-operations"));
        made.allowCoreThreadTimeOut(true);
        return made;
    }

    /** Offers an operation; the later one of a name is the one that runs. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addOperation(Operation operation) {
        operations.add(operation);
    }

    /** Offers it no longer; what runs is not stopped. */
    public void removeOperation(Operation operation) {
        operations.remove(operation);
    }

    @Override
    public String name() {
        return "operations";
    }

    @Override
    public boolean accepts(HttpRequest head) {
        return head.uri().equals("/operations") || head.uri().startsWith("/operations?");
    }

    @Override
    public void open(HttpExchange exchange) {
        HttpMethod method = exchange.head().method();
        if (method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD)) {
            SortedSet<String> names = operations.names();
            names.removeIf(name -> !operations.allowed(exchange.context(), name));
            if (names.isEmpty()) {
                exchange.fail(OfferedOperations.forbidden());
                return;
            }
            operations.answer(exchange, Map.of("operations", List.copyOf(names)));
        } else if (!method.equals(HttpMethod.POST)) {
            exchange.respond(Answers.notAllowed("GET, HEAD, POST", "an operation is run with POST, listed with GET"));
        } else if (mediaType(exchange).isEmpty()) {
            // Also what a form of another page could send without asking first.
            exchange.respond(Problem.answer(
                    HttpResponseStatus.UNSUPPORTED_MEDIA_TYPE,
                    "an operation is an object; say so, as Content-Type: application/json",
                    List.of()));
        } else {
            exchange.body(LARGEST)
                    .whenComplete((bytes, failure) -> received(exchange, mediaType(exchange), bytes, failure));
        }
    }

    private String mediaType(HttpExchange exchange) {
        String type = exchange.head().headers().get(HttpHeaderNames.CONTENT_TYPE, "");
        return bodies.codec(type).isPresent() && !type.startsWith("text/") && !type.contains("form") ? type : "";
    }

    private void received(
            HttpExchange exchange, String mediaType, byte @Nullable [] bytes, @Nullable Throwable failure) {
        if (failure != null || bytes == null) {
            exchange.fail(failure == null ? new IllegalStateException("no body and no failure") : failure);
            return;
        }
        try {
            threads.execute(() -> run(exchange, bodies.structured(mediaType, bytes)));
        } catch (RejectedExecutionException busy) {
            exchange.fail(new Failure(Failure.Code.BUSY, "too many operations at once"));
        }
    }

    /** On a thread of our own, since reading a large body takes long. */
    private void run(HttpExchange exchange, Body body) {
        try {
            Map<String, Object> arguments = arguments(body);
            String name = String.valueOf(arguments.remove("operation"));
            operations.answer(exchange, operations.run(exchange, name, arguments, threads));
        } catch (RuntimeException refused) {
            exchange.loop().execute(() -> exchange.fail(refused));
        }
    }

    private static Map<String, Object> arguments(Body body) {
        if (!(body.value() instanceof Map<?, ?> object)) {
            throw new Failure(Failure.Code.MALFORMED, "an operation is an object such as {\"operation\": \"status\"}");
        }
        Map<String, Object> arguments = new LinkedHashMap<>();
        object.forEach((key, value) -> arguments.put(String.valueOf(key).toLowerCase(Locale.ROOT), value));
        if (!(arguments.get("operation") instanceof String)) {
            throw new Failure(Failure.Code.MALFORMED, "the property 'operation' with a name is missing");
        }
        return arguments;
    }

    /** Ends the threads; operations that run on their own go on, unanswered. */
    @Deactivate
    @Override
    public void close() {
        threads.shutdownNow();
    }
}
