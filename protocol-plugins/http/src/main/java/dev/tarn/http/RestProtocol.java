// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.application.Site;
import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Tables;
import dev.tarn.transport.HttpExchange;
import dev.tarn.transport.HttpProtocol;
import dev.tarn.transport.Units;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/**
 * Rows over HTTP: what no other protocol takes. {@code /openapi} describes them; else a static file of an application comes first, then the table that the
 * path's first segment names, then the root table.
 */
@Component(
        service = HttpProtocol.class,
        configurationPid = "dev.tarn.rest",
        property = "service.ranking:Integer=-100",
        immediate = true)
@Designate(ocd = RestProtocol.Config.class)
public final class RestProtocol implements HttpProtocol {

    /** Settings of all requests. */
    @ObjectClassDefinition(name = "Tarn rows over HTTP")
    public @interface Config {
        @AttributeDefinition(
                description = "Largest body of a row or message, and the most that a list in CSV or "
                        + "MessagePack may take up while it is being put together")
        String bodyLimit() default "16MB";

        @AttributeDefinition(
                description =
                        "What a PUT may have to be held and told to subscribers whole, where bodies are kept as they "
                                + "come; longer ones are streamed, kept beside the row, and told by type and length")
        String wholeLimit() default "512KB";

        @AttributeDefinition(
                description = "What pages of applications may load and do, as Content-Security-Policy says it; empty to"
                        + " send none")
        String contentSecurityPolicy() default
                "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline';"
                        + " connect-src 'self' ws: wss:; object-src 'none'; base-uri 'self'; form-action 'self';"
                        + " frame-ancestors 'self'";
    }

    /** Where the description of all tables is: before files and rows. */
    static final String DESCRIPTION = "/openapi";

    private static final String ALL_VERBS = "GET, HEAD, PUT, PATCH, POST, DELETE, OPTIONS";

    private final Resources resources;
    private final Reading reading;
    private final Writing writing;
    private final Answering answering;
    private final OpenApi description;
    private final ApiPage page = new ApiPage();
    private final List<Site> sites = new CopyOnWriteArrayList<>();
    private final ExecutorService disk =
            Executors.newFixedThreadPool(Math.max(2, Runtime.getRuntime().availableProcessors()), task -> {
                Thread thread = new Thread(task, "tarn-rest");
                thread.setDaemon(true);
                return thread;
            });
    private final StaticFiles files;

    @Activate
    public RestProtocol(
            @Reference Resources resources, @Reference Tables tables, @Reference Bodies bodies, Config config) {
        this.resources = resources;
        int bodyLimit = Units.bytes("rest.bodyLimit", config.bodyLimit());
        int wholeLimit = Math.min(bodyLimit, Units.bytes("rest.wholeLimit", config.wholeLimit()));
        this.reading = new Reading(resources, new Representations(bodies), bodyLimit, disk);
        this.files = new StaticFiles(disk, config.contentSecurityPolicy().strip());
        this.description = new OpenApi(resources, tables);
        this.writing = new Writing(resources, bodies, bodyLimit, wholeLimit, disk);
        this.answering = new Answering(resources, reading, writing, bodies);
    }

    /** Adds an application's static files; on any thread. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addSite(Site site) {
        sites.add(site);
    }

    public void removeSite(Site site) {
        sites.remove(site);
    }

    @Deactivate
    public void close() {
        disk.shutdown();
    }

    @Override
    public String name() {
        return "rest";
    }

    /** Everything but event streams and upgrades: who asks for these is not served by a row, and would take it for one. */
    @Override
    public boolean accepts(HttpRequest head) {
        return !head.headers().contains(HttpHeaderNames.UPGRADE, "websocket", true)
                && !head.headers().get(HttpHeaderNames.ACCEPT, "").strip().equalsIgnoreCase("text/event-stream");
    }

    @Override
    public void open(HttpExchange exchange) {
        if (exchange.path().equals(DESCRIPTION)) {
            describe(exchange);
            return;
        } else if (page.has(exchange.path())) {
            page.answer(exchange);
            return;
        }
        Site site = site(exchange.path());
        if (site != null) {
            file(exchange, site);
            return;
        }
        try {
            answer(call(exchange));
        } catch (Failure refused) {
            exchange.fail(refused);
        }
    }

    private void describe(HttpExchange exchange) {
        HttpMethod method = exchange.head().method();
        if (method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD)) {
            try {
                reading.value(call(exchange), description.document(exchange.context()));
            } catch (Failure refused) {
                exchange.fail(refused);
            }
        } else if (method.equals(HttpMethod.OPTIONS)) {
            Call.options(exchange, Call.READ_ONLY);
        } else {
            Call.notAllowed(exchange, Call.READ_ONLY, "the description of what is here can only be read");
        }
    }

    private void file(HttpExchange exchange, Site site) {
        HttpMethod method = exchange.head().method();
        if (method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD)) {
            files.answer(exchange, site);
        } else if (method.equals(HttpMethod.OPTIONS)) {
            Call.options(exchange, Call.READ_ONLY);
        } else {
            Call.notAllowed(exchange, Call.READ_ONLY, "an application has a file here, and files are only read");
        }
    }

    private @Nullable Site site(String path) {
        for (Site site : sites) {
            if (site.has(path)) {
                return site;
            }
        }
        return null;
    }

    private Call call(HttpExchange exchange) {
        List<String> segments = exchange.segments();
        int last = segments.size() - 1;
        boolean folder = last >= 0 && segments.get(last).isEmpty();
        String text = String.join("/", segments);
        Table table = text.isEmpty()
                ? null
                : resources.table(exchange.context(), Path.of(text)).orElse(null);
        return new Call(exchange, text, folder, table);
    }

    private void answer(Call call) {
        if (call.text().isEmpty()) {
            nothingAtTheRoot(call);
            return;
        }
        if (answering.takes(call)) {
            return;
        }
        switch (call.method().name()) {
            case "GET", "HEAD" -> reading.answer(call);
            case "PUT" -> writing.put(call);
            case "PATCH" -> writing.patch(call);
            case "POST" -> writing.post(call);
            case "DELETE" -> writing.delete(call);
            case "OPTIONS" -> Call.options(call.exchange(), call.verbs());
            default -> call.notAllowed(call.method() + " is not for rows");
        }
    }

    /** The path {@code /}, and {@code *} of OPTIONS: no row can be there. */
    private static void nothingAtTheRoot(Call call) {
        if (call.method().equals(HttpMethod.OPTIONS)) {
            Call.options(call.exchange(), call.folder() ? Call.READ_ONLY : ALL_VERBS);
        } else {
            throw new Failure(
                    Failure.Code.NOT_FOUND,
                    "no application has a page here; rows are at /Table/id, a topic a/b is at /a/b");
        }
    }
}
