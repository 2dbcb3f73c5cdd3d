// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import dev.tarn.transport.HttpExchange;
import dev.tarn.transport.Problem;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpHeadersFactory;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request to a resource: what it names and how it is answered. Confined to the exchange's loop.
 *
 * @param text the path without its leading slash, segments joined; empty for the root
 * @param folder whether it ends with a slash: then {@code text} does too, unless empty
 * @param table the table that answers, or null where none does or none may be known of
 */
record Call(
        HttpExchange exchange,
        String text,
        boolean folder,
        @Nullable Table table) {

    /** For headers that this bundle makes itself; those with text of a client are checked by hand. */
    static final HttpHeadersFactory UNCHECKED =
            DefaultHttpHeadersFactory.headersFactory().withValidation(false);

    /** The methods of what can only be read. */
    static final String READ_ONLY = "GET, HEAD, OPTIONS";

    /** RFC 7386. */
    static final String MERGE_PATCH = "application/merge-patch+json";

    /** RFC 6902. */
    static final String JSON_PATCH = "application/json-patch+json";

    /** What PATCH takes, for {@code Accept-Patch} (RFC 5789 §3.1). */
    static final String PATCHES = String.join(", ", Media.STRUCTURED) + ", " + MERGE_PATCH + ", " + JSON_PATCH;

    private static final HttpHeadersFactory NO_TRAILERS = DefaultHttpHeadersFactory.trailersFactory();

    HttpMethod method() {
        return exchange.head().method();
    }

    HttpHeaders headers() {
        return exchange.head().headers();
    }

    /**
     * The path of the row or topic.
     *
     * @throws Failure MALFORMED when it is none
     */
    Path path() {
        return Path.of(text);
    }

    /** The first segment. */
    String resource() {
        int slash = text.indexOf('/');
        return slash < 0 ? text : text.substring(0, slash);
    }

    /** For a folder: what the ids in it begin with. */
    String prefix() {
        return table != null && table.root()
                ? text
                : text.substring(Math.min(text.length(), resource().length() + 1));
    }

    /** Whether this names a table itself and not a row of one. */
    boolean namesTable() {
        return !folder && table != null && !table.root() && text.indexOf('/') < 0;
    }

    /** Whether bodies of the table are kept as they come. */
    boolean opaque() {
        return table != null && table.rules().opaque();
    }

    /** Does something with what a stage gives, on the loop; its failure is the answer. */
    <T> void then(CompletionStage<T> stage, Consumer<T> use) {
        then(stage, use, exchange::fail);
    }

    /** As {@link #then(CompletionStage, Consumer)}, with another answer to a failure. */
    <T> void then(CompletionStage<T> stage, Consumer<T> use, Consumer<Throwable> otherwise) {
        stage.whenComplete((value, failure) -> {
            onLoop(() -> {
                if (failure == null) {
                    use.accept(value);
                } else {
                    otherwise.accept(failure);
                }
            });
        });
    }

    /** Does something on the loop; what is thrown is the answer. On any thread. */
    void onLoop(Runnable task) {
        if (exchange.loop().inEventLoop()) {
            guarded(task);
        } else {
            exchange.loop().execute(() -> guarded(task));
        }
    }

    /** Turns what is thrown into the answer. */
    void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException thrown) {
            exchange.fail(thrown);
        }
    }

    /** As {@link #guarded}, on any thread. */
    void guardedAnywhere(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException thrown) {
            onLoop(() -> exchange.fail(thrown));
        }
    }

    /** A response without a body. */
    static FullHttpResponse empty(HttpResponseStatus status) {
        return full(status, Unpooled.EMPTY_BUFFER);
    }

    /** A response whose headers are not checked again. */
    static FullHttpResponse full(HttpResponseStatus status, ByteBuf content) {
        return new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, content, UNCHECKED, NO_TRAILERS);
    }

    /** The methods that are for what this names. */
    String verbs() {
        if (namesTable()) {
            return "GET, HEAD, POST, OPTIONS";
        } else if (!folder) {
            return "GET, HEAD, PUT, PATCH, POST, DELETE, OPTIONS";
        }
        boolean whole = prefix().isEmpty() && table != null && !opaque();
        return whole ? "GET, HEAD, PUT, POST, DELETE, OPTIONS" : "GET, HEAD, DELETE, OPTIONS";
    }

    /** Answers 405 with what is possible instead (RFC 9110 §15.5.6). */
    void notAllowed(String detail) {
        notAllowed(exchange, verbs(), detail);
    }

    /** See {@link #notAllowed(String)}, before it is known what is named. */
    static void notAllowed(HttpExchange exchange, String allow, String detail) {
        FullHttpResponse response = Problem.answer(HttpResponseStatus.METHOD_NOT_ALLOWED, detail, List.of());
        response.headers().set(HttpHeaderNames.ALLOW, allow);
        exchange.respond(response);
    }

    /** Answers OPTIONS (RFC 9110 §9.3.7). */
    static void options(HttpExchange exchange, String allow) {
        FullHttpResponse response = empty(HttpResponseStatus.NO_CONTENT);
        response.headers().set(HttpHeaderNames.ALLOW, allow);
        if (allow.contains("PATCH")) {
            response.headers().set(HttpHeaderNames.ACCEPT_PATCH, PATCHES);
        }
        exchange.respond(response);
    }

    /** Answers with a status that no failure stands for. */
    void refuse(HttpResponseStatus status, String detail) {
        exchange.respond(Problem.answer(status, detail, List.of()));
    }

    /** Refuses any query, for requests that take none. */
    static void noQuery(String query, String what) {
        if (!query.isEmpty()) {
            throw unsupported(what + " takes no query; there is \"" + query + "\", which goes with /Table/?…");
        }
    }

    static Failure malformed(String what) {
        return new Failure(Failure.Code.MALFORMED, what);
    }

    static Failure unsupported(String what) {
        return new Failure(Failure.Code.UNSUPPORTED, what);
    }
}
