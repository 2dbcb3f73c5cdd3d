// SPDX-License-Identifier: Apache-2.0
package dev.tarn.console;

import dev.tarn.api.data.Failure;
import dev.tarn.api.security.Audit;
import dev.tarn.transport.HttpExchange;
import dev.tarn.transport.HttpProtocol;
import dev.tarn.transport.Problem;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import jakarta.servlet.ServletConfig;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings requests of administrators to the servlets of the Felix Web Console, by way of Felix' servlet bridge. The door has
 * looked at Host, Origin and password before; here every answer gets headers that keep other pages away from it. Safe on
 * any thread; servlets run on a few threads of its own.
 */
@Component(service = HttpProtocol.class, property = "tarn.door=admin")
public final class ConsoleProtocol implements HttpProtocol, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ConsoleProtocol.class);

    /** Where the Felix Web Console is, as its users know it. */
    static final String ROOT = "/system/console";

    private static final String FIRST_PAGE = ROOT + "/" + ProtocolsPage.LABEL;
    private static final Map<String, String> PATHS_TO_IT =
            Map.of("/", FIRST_PAGE, "/console", FIRST_PAGE, "/favicon.ico", FIRST_PAGE + "/res/tarn/logo.svg");
    private static final int LARGEST = Integer.MAX_VALUE;
    private static final int THREADS = 4;
    private static final int WAITING = 64;

    private final HttpServlet servlets;
    private final ConsoleForms forms;
    private final ExecutorService threads = threads();
    private final AtomicReference<@Nullable Audit> audit = new AtomicReference<>();
    private final AtomicReference<UnaryOperator<String>> struck = new AtomicReference<>(UnaryOperator.identity());

    /**
     * Starts the bridge.
     *
     * @param servlets where the bridge takes requests
     * @param forms what is not for the bridge
     */
    @Activate
    public ConsoleProtocol(
            @Reference(target = "(http.felix.dispatcher=*)") HttpServlet servlets, @Reference ConsoleForms forms)
            throws ServletException {
        this.servlets = servlets;
        this.forms = forms;
        servlets.init(Partial.of(ServletConfig.class, new Container.Config()));
    }

    /** What is done here is written down from now on. */
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    public void setAudit(Audit trail) {
        audit.set(trail);
    }

    /** It no longer is. */
    public void unsetAudit(Audit trail) {
        audit.compareAndSet(trail, null);
    }

    /** Takes secrets out of what pages show. */
    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            target = "(tarn.strikes=secrets)")
    public void setSecrets(UnaryOperator<String> strikes) {
        struck.set(strikes);
    }

    /** Nobody knows any secrets now. */
    public void unsetSecrets(UnaryOperator<String> strikes) {
        struck.compareAndSet(strikes, UnaryOperator.identity());
    }

    private static ThreadPoolExecutor threads() {
        ThreadPoolExecutor made = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(WAITING),
                work -> new Thread(work, "tarn-console"));
        made.allowCoreThreadTimeOut(true);
        return made;
    }

    @Override
    public String name() {
        return "console";
    }

    @Override
    public boolean accepts(HttpRequest head) {
        String target = head.uri();
        return PATHS_TO_IT.containsKey(target)
                || target.equals(ROOT)
                || target.startsWith(ROOT + "/")
                || target.startsWith(ROOT + "?");
    }

    @Override
    public void open(HttpExchange exchange) {
        if (!exchange.context().user().administrator()) {
            exchange.fail(new Failure(Failure.Code.FORBIDDEN, "the console is for administrators"));
        } else if (Pages.foreign(exchange.head())) {
            exchange.respond(Problem.answer(
                    HttpResponseStatus.FORBIDDEN, "pages of other origins may not use the console", List.of()));
        } else if (PATHS_TO_IT.containsKey(exchange.path())) {
            FullHttpResponse redirect =
                    new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.FOUND, Unpooled.EMPTY_BUFFER);
            redirect.headers().set(HttpHeaderNames.LOCATION, PATHS_TO_IT.get(exchange.path()));
            exchange.respond(Pages.guarded(redirect));
        } else {
            exchange.body(LARGEST).whenComplete((body, failure) -> received(exchange, body, failure));
        }
    }

    private void received(HttpExchange exchange, byte @Nullable [] body, @Nullable Throwable failure) {
        if (failure != null || body == null) {
            exchange.fail(failure == null ? new IllegalStateException("no body and no failure") : failure);
            return;
        }
        ConsoleRequest request = new ConsoleRequest(exchange, body);
        entered(exchange).whenComplete((done, refused) -> {
            if (refused != null) {
                exchange.loop().execute(() -> exchange.fail(refused));
                return;
            }
            try {
                threads.execute(() -> serve(exchange, request, body));
            } catch (RejectedExecutionException busy) {
                exchange.loop()
                        .execute(() -> exchange.fail(
                                new Failure(Failure.Code.BUSY, "too many requests to the console at once")));
            }
        });
    }

    /** What may change something is done once the trail has it, and not at all where the trail cannot take it. */
    private CompletionStage<Void> entered(HttpExchange exchange) {
        Audit trail = audit.get();
        HttpMethod method = exchange.head().method();
        if (trail == null || method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD)) {
            return CompletableFuture.completedStage(null);
        }
        return trail.enter(new Audit.Event(
                "console",
                exchange.context().user().name(),
                exchange.context().protocol(),
                exchange.connection().remote(),
                true,
                method.name() + " " + exchange.path()));
    }

    private void serve(HttpExchange exchange, ConsoleRequest request, byte[] body) {
        ConsoleResponse response = new ConsoleResponse();
        try {
            Optional<CompletionStage<FullHttpResponse>> answer = forms.answer(exchange, request, body);
            if (answer.isPresent()) {
                answer.get()
                        .whenComplete((done, failure) -> exchange.loop().execute(() -> {
                            if (failure == null) {
                                exchange.respond(Pages.guarded(done));
                            } else {
                                exchange.fail(failure);
                            }
                        }));
                return;
            }
            servlets.service(
                    Partial.of(HttpServletRequest.class, request), Partial.of(HttpServletResponse.class, response));
            FullHttpResponse page = response.answer(Objects.requireNonNull(struck.get()));
            exchange.loop().execute(() -> exchange.respond(Pages.guarded(page)));
        } catch (Failure refused) {
            exchange.loop().execute(() -> exchange.fail(refused));
        } catch (ServletException | IOException | RuntimeException bug) {
            LOG.error("a page of the console failed path={}", exchange.head().uri(), bug);
            exchange.loop()
                    .execute(() -> exchange.respond(Problem.answer(
                            HttpResponseStatus.INTERNAL_SERVER_ERROR,
                            "a page of the console failed; the log says more",
                            List.of())));
        }
    }

    /** Ends the threads and the bridge. */
    @Deactivate
    @Override
    public void close() {
        threads.shutdownNow();
        servlets.destroy();
    }
}
