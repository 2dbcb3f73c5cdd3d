// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Failure;
import dev.tarn.api.operation.Operation;
import dev.tarn.api.security.Access;
import dev.tarn.api.security.Audit;
import dev.tarn.transport.HttpExchange;
import dev.tarn.transport.HttpProtocol;
import io.netty.handler.codec.http.HttpRequest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * Applications as resources of the administration port: {@code GET /applications} lists them, {@code PUT /applications/name}
 * deploys a zip or a jar, {@code DELETE /applications/name} takes it away, {@code POST /applications/name/rollback} goes back
 * to the version before. The same as the operations of these names, for those who may run them. Safe on any thread.
 */
@Component(service = HttpProtocol.class, property = "tarn.door=admin")
public final class ApplicationsProtocol implements HttpProtocol {
    private static final String ROOT = "/applications";
    private static final int LARGEST = Integer.MAX_VALUE;

    private final OfferedOperations operations;

    @Activate
    public ApplicationsProtocol(@Reference Bodies bodies, @Reference Access access) {
        this.operations = new OfferedOperations(bodies, access);
    }

    /** Offers an operation; those that are not about applications are not asked. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addOperation(Operation operation) {
        operations.add(operation);
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

    /** Offers it no longer. */
    public void removeOperation(Operation operation) {
        operations.remove(operation);
    }

    @Override
    public String name() {
        return "applications";
    }

    @Override
    public boolean accepts(HttpRequest head) {
        String path = head.uri().split("\\?", 2)[0];
        return path.equals(ROOT) || path.startsWith(ROOT + "/");
    }

    @Override
    public void open(HttpExchange exchange) {
        List<String> segments = exchange.segments();
        String method = exchange.head().method().name();
        String name = segments.size() > 1 ? segments.get(1) : "";
        boolean whole = name.isEmpty();
        boolean rollback = segments.size() == 3 && segments.get(2).equals("rollback");
        try {
            if (segments.size() > 2 && !rollback) {
                throw new Failure(Failure.Code.NOT_FOUND, "there is " + ROOT + "/name and " + ROOT + "/name/rollback");
            } else if (whole && (method.equals("GET") || method.equals("HEAD"))) {
                run(exchange, "application_list", Map.of());
            } else if (!whole && !rollback && method.equals("PUT")) {
                operations.check(exchange, "application_deploy", Map.of("name", name));
                exchange.body(LARGEST).whenComplete((bytes, failure) -> {
                    try {
                        if (failure != null) {
                            exchange.fail(failure);
                        } else {
                            run(exchange, "application_deploy", Map.of("name", name, "content", bytes));
                        }
                    } catch (Failure refused) {
                        exchange.fail(refused);
                    }
                });
            } else if (!whole && !rollback && method.equals("DELETE")) {
                run(exchange, "application_undeploy", Map.of("name", name));
            } else if (rollback && method.equals("POST")) {
                run(exchange, "application_rollback", Map.of("name", name));
            } else {
                exchange.respond(Answers.notAllowed(
                        whole ? "GET, HEAD" : rollback ? "POST" : "PUT, DELETE",
                        "applications are listed at " + ROOT + ", deployed by PUT " + ROOT + "/name"));
            }
        } catch (Failure refused) {
            exchange.fail(refused);
        }
    }

    private void run(HttpExchange exchange, String name, Map<String, Object> arguments) {
        if (operations.named(name) == null && operations.allowed(exchange.context(), name)) {
            throw new Failure(Failure.Code.UNAVAILABLE, "nobody deploys applications here");
        }
        operations.answer(exchange, operations.run(exchange, name, new HashMap<>(arguments), exchange.loop()));
    }
}
