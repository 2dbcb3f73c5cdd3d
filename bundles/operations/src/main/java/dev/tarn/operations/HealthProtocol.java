// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Failure;
import dev.tarn.transport.HttpExchange;
import dev.tarn.transport.HttpProtocol;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.LinkedHashMap;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * {@code GET /health/live} says that the process answers, {@code GET /health/ready}, or {@code /health}, whether it can serve, and
 * {@code GET /health/ready/reads} whether it can serve those who only read; all without login. Safe on any thread.
 */
@Component(service = HttpProtocol.class, property = "tarn.door=admin")
public final class HealthProtocol implements HttpProtocol {
    private final Bodies bodies;
    private final Health health;

    @Activate
    public HealthProtocol(@Reference Bodies bodies, @Reference Health health) {
        this.bodies = bodies;
        this.health = health;
    }

    @Override
    public String name() {
        return "health";
    }

    @Override
    public boolean accepts(HttpRequest head) {
        String uri = head.uri();
        return uri.equals("/health") || uri.startsWith("/health/") || uri.startsWith("/health?");
    }

    @Override
    public boolean anonymous(HttpRequest head) {
        return true;
    }

    @Override
    public void open(HttpExchange exchange) {
        HttpMethod method = exchange.head().method();
        if (!method.equals(HttpMethod.GET) && !method.equals(HttpMethod.HEAD)) {
            exchange.respond(Answers.notAllowed("GET, HEAD", "health is read with GET"));
            return;
        }
        Map<String, Object> said = new LinkedHashMap<>();
        HttpResponseStatus status = HttpResponseStatus.OK;
        switch (exchange.path()) {
            case "/health/live" -> said.put("status", "up");
            case "/health", "/health/ready" -> status = ready(health.problems(), said);
            case "/health/ready/reads" -> status = ready(health.reading(), said);
            default -> {
                exchange.fail(new Failure(
                        Failure.Code.NOT_FOUND, "there are /health/live, /health/ready and /health/ready/reads"));
                return;
            }
        }
        exchange.respond(
                Answers.of(status, Bodies.JSON, bodies.of(said).as(Bodies.JSON).bytes()));
    }

    private HttpResponseStatus ready(Map<String, String> problems, Map<String, Object> said) {
        said.put("status", problems.isEmpty() ? "up" : "down");
        if (!problems.isEmpty()) {
            said.put("problems", problems);
        }
        Map<String, String> warnings = health.warnings();
        if (!warnings.isEmpty()) {
            // Nobody is sent elsewhere for a bundle that could not be added.
            said.put("warnings", warnings);
        }
        return problems.isEmpty() ? HttpResponseStatus.OK : HttpResponseStatus.SERVICE_UNAVAILABLE;
    }
}
