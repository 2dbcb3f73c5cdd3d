// SPDX-License-Identifier: Apache-2.0
package dev.tarn.console;

import dev.tarn.api.data.Failure;
import dev.tarn.api.operation.Operation;
import dev.tarn.transport.HttpExchange;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.multipart.DefaultHttpDataFactory;
import io.netty.handler.codec.http.multipart.FileUpload;
import io.netty.handler.codec.http.multipart.HttpPostRequestDecoder;
import io.netty.handler.codec.http.multipart.InterfaceHttpData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * What forms of the Felix Web Console may not do as they are shipped: bundles that they install would be gone at the next
 * start, since the folders of jars are the truth, and are deployed as {@code tarn bundle} does instead; bundles that are
 * part of the node are not stopped; configurations without which a component would stand still are not deleted. Safe on
 * any thread.
 */
@Component(service = ConsoleForms.class)
public final class ConsoleForms {
    private static final String BUNDLES = ConsoleProtocol.ROOT + "/bundles";
    private static final String CONFIGURATIONS = ConsoleProtocol.ROOT + "/configMgr/";
    private static final String DEPLOYED = "deploy:";
    private static final String LISTENER = "dev.tarn.listener";

    /** Changes that only a deployed bundle may be put through. */
    private static final List<String> HARMFUL = List.of("start", "stop", "update", "uninstall");

    private final BundleContext context;
    private final Map<String, Operation> operations = new ConcurrentHashMap<>();

    @Activate
    public ConsoleForms(BundleContext context) {
        this.context = context;
    }

    /** Something that forms may be answered by. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addOperation(Operation operation) {
        operations.put(operation.name(), operation);
    }

    /** It is gone. */
    public void removeOperation(Operation operation) {
        operations.remove(operation.name(), operation);
    }

    /**
     * Answers the form, or refuses it; empty when it is for the console's own servlet.
     *
     * @throws Failure what is refused, with the reason
     */
    Optional<CompletionStage<FullHttpResponse>> answer(HttpExchange exchange, ConsoleRequest request, byte[] body) {
        String path = exchange.path();
        if (!exchange.head().method().equals(HttpMethod.POST)) {
            return Optional.empty();
        } else if (path.equals(BUNDLES) || path.equals(BUNDLES + "/") || path.equals(BUNDLES + "/install")) {
            Map<String, byte[]> jars = jars(exchange, body);
            return jars.isEmpty() ? Optional.empty() : Optional.of(install(exchange, jars));
        } else if (path.startsWith(BUNDLES + "/")) {
            return bundle(
                    exchange, path.substring(BUNDLES.length() + 1), String.valueOf(request.getParameter("action")));
        } else if (path.startsWith(CONFIGURATIONS)) {
            configuration(path.substring(CONFIGURATIONS.length()), request);
        }
        return Optional.empty();
    }

    /** The files of an upload by their names; none when it is another form. */
    private static Map<String, byte[]> jars(HttpExchange exchange, byte[] body) {
        Map<String, byte[]> jars = new HashMap<>();
        String type = exchange.head().headers().get(HttpHeaderNames.CONTENT_TYPE, "");
        if (!type.startsWith(HttpHeaderValues.MULTIPART_FORM_DATA.toString())) {
            return jars;
        }
        FullHttpRequest form = new DefaultFullHttpRequest(
                HttpVersion.HTTP_1_1, HttpMethod.POST, exchange.path(), Unpooled.wrappedBuffer(body));
        form.headers().set(HttpHeaderNames.CONTENT_TYPE, type);
        HttpPostRequestDecoder decoder;
        try {
            decoder = new HttpPostRequestDecoder(new DefaultHttpDataFactory(false), form);
        } catch (HttpPostRequestDecoder.ErrorDataDecoderException malformed) {
            throw new Failure(Failure.Code.MALFORMED, "the form cannot be read: " + malformed.getMessage());
        }
        try {
            for (InterfaceHttpData part : decoder.getBodyHttpDatas()) {
                if (part instanceof FileUpload file && file.length() > 0) {
                    jars.put(plain(file.getFilename()), file.get());
                }
            }
            return jars;
        } catch (IOException | HttpPostRequestDecoder.NotEnoughDataDecoderException malformed) {
            throw new Failure(Failure.Code.MALFORMED, "the form cannot be read: " + malformed.getMessage());
        } finally {
            decoder.destroy();
        }
    }

    /** Some browsers send folders along. */
    private static String plain(String file) {
        return file.substring(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
    }

    /** One after the other; the first that fails is told. */
    private CompletionStage<FullHttpResponse> install(HttpExchange exchange, Map<String, byte[]> jars) {
        CompletionStage<?> last = java.util.concurrent.CompletableFuture.completedStage(null);
        for (Map.Entry<String, byte[]> jar : jars.entrySet()) {
            last = last.thenCompose(before -> run(
                    exchange,
                    "bundle_install",
                    Map.of("file", jar.getKey(), "content", jar.getValue(), "update", true)));
        }
        return last.thenApply(done -> {
            FullHttpResponse back =
                    new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.FOUND, Unpooled.EMPTY_BUFFER);
            back.headers().set(HttpHeaderNames.LOCATION, BUNDLES);
            return back;
        });
    }

    private Optional<CompletionStage<FullHttpResponse>> bundle(HttpExchange exchange, String id, String action) {
        if (!HARMFUL.contains(action)) {
            return Optional.empty();
        }
        Bundle bundle = find(id);
        if (bundle == null) {
            throw new Failure(Failure.Code.NOT_FOUND, "there is no bundle " + id);
        } else if (!bundle.getLocation().startsWith(DEPLOYED)) {
            throw new Failure(
                    Failure.Code.FORBIDDEN,
                    bundle.getSymbolicName() + " is part of the node, which would stop without it");
        } else if (action.equals("update")) {
            throw new Failure(Failure.Code.UNSUPPORTED, "upload the jar that shall take its place");
        } else if (!action.equals("uninstall")) {
            return Optional.empty();
        }
        return Optional.of(run(exchange, "bundle_uninstall", Map.of("bundle", String.valueOf(bundle.getBundleId())))
                .thenApply(done -> {
                    // What the console's script waits for: 1 is a bundle that is gone.
                    FullHttpResponse gone = new DefaultFullHttpResponse(
                            HttpVersion.HTTP_1_1,
                            HttpResponseStatus.OK,
                            Unpooled.copiedBuffer(
                                    "{\"id\":" + bundle.getBundleId() + ",\"stateRaw\":1}", StandardCharsets.UTF_8));
                    gone.headers().set(HttpHeaderNames.CONTENT_TYPE, "application/json");
                    return gone;
                }));
    }

    private @org.jspecify.annotations.Nullable Bundle find(String id) {
        for (Bundle bundle : context.getBundles()) {
            if (id.equals(String.valueOf(bundle.getBundleId())) || id.equals(bundle.getSymbolicName())) {
                return bundle;
            }
        }
        return null;
    }

    private CompletionStage<Map<String, Object>> run(HttpExchange exchange, String name, Map<String, Object> given) {
        Operation operation = operations.get(name);
        if (operation == null) {
            throw new Failure(
                    Failure.Code.UNAVAILABLE, "without the bundle dev.tarn.operations nothing is deployed here");
        }
        return operation.run(exchange.context(), given);
    }

    /** Fails when a component would be left without its configuration. */
    private static void configuration(String pid, ConsoleRequest request) {
        boolean deletes = request.getParameter("delete") != null && request.getParameter("apply") != null;
        boolean listener = pid.startsWith(LISTENER + "~") || pid.startsWith(LISTENER + ".");
        if (deletes && !listener) {
            throw new Failure(
                    Failure.Code.UNSUPPORTED,
                    pid + " is not deleted, since its component would stop: give its keys their standard values");
        } else if (deletes && pid.equals(LISTENER + "~admin")) {
            throw new Failure(
                    Failure.Code.UNSUPPORTED,
                    "this listener carries the console: set 'admin.port: off' in the configuration file to be without");
        }
    }
}
