// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Failure;
import dev.tarn.api.security.Credentials;
import dev.tarn.api.security.Logins;
import dev.tarn.api.security.User;
import dev.tarn.api.security.Users;
import dev.tarn.transport.Authorization;
import dev.tarn.transport.HttpExchange;
import dev.tarn.transport.HttpProtocol;
import dev.tarn.transport.SessionCookie;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * Logging in over HTTP: {@code POST /auth/token} gives tokens for a name and a password, {@code /auth/refresh} the next ones,
 * {@code /auth/revoke} ends them; {@code POST /auth/session} gives a cookie, {@code GET} tells whose it is, {@code DELETE} takes
 * it back. Names and passwords come in the Authorization header or as an object. On the exchange's loop.
 */
class LoginPages implements HttpProtocol {

    private static final Set<String> PATHS = Set.of("/auth/token", "/auth/refresh", "/auth/revoke", "/auth/session");
    private static final int LARGEST = 64 << 10;

    private final Bodies bodies;
    private final Users users;
    private final Logins logins;

    LoginPages(Bodies bodies, Users users, Logins logins) {
        this.bodies = bodies;
        this.users = users;
        this.logins = logins;
    }

    @Override
    public String name() {
        return "login";
    }

    @Override
    public boolean accepts(HttpRequest head) {
        return PATHS.contains(head.uri());
    }

    /** Who logs in is not known yet. */
    @Override
    public boolean anonymous(HttpRequest head) {
        return true;
    }

    @Override
    public void open(HttpExchange exchange) {
        HttpMethod method = exchange.head().method();
        boolean session = exchange.path().equals("/auth/session");
        if (session && (method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD))) {
            answer(exchange, whose(exchange), this::json);
        } else if (session && method.equals(HttpMethod.DELETE)) {
            answer(exchange, leave(exchange), done -> cookie(nothing(), SessionCookie.taken(tls(exchange))));
        } else if (!method.equals(HttpMethod.POST)) {
            exchange.respond(
                    Answers.notAllowed(session ? "GET, HEAD, POST, DELETE" : "POST", "logging in is done with POST"));
        } else {
            post(exchange);
        }
    }

    private void post(HttpExchange exchange) {
        SocketAddress from = exchange.connection().remote();
        switch (exchange.path()) {
            case "/auth/token" ->
                answer(exchange, credentials(exchange).thenCompose(shown -> logins.grant(shown, from)), this::pair);
            case "/auth/session" ->
                answer(
                        exchange,
                        credentials(exchange).thenCompose(shown -> logins.open(shown, from)),
                        opened -> cookie(
                                json(page(opened.user(), opened.cookie())),
                                SessionCookie.given(opened.cookie(), opened.life(), tls(exchange))));
            case "/auth/refresh" ->
                answer(exchange, refresh(exchange).thenCompose(shown -> logins.refresh(shown, from)), this::pair);
            default -> answer(exchange, refresh(exchange).thenCompose(logins::revoke), done -> nothing());
        }
    }

    private static boolean tls(HttpExchange exchange) {
        return exchange.connection().tls() != null;
    }

    private static Credentials.Cookie shown(HttpExchange exchange) {
        return SessionCookie.of(exchange.head(), tls(exchange))
                .orElseThrow(() -> new Failure(Failure.Code.UNAUTHENTICATED, "nobody has logged in here"));
    }

    private CompletionStage<Map<String, Object>> whose(HttpExchange exchange) {
        try {
            Credentials.Cookie cookie = shown(exchange);
            return users.authenticate(cookie, exchange.connection().remote())
                    .thenApply(User::name)
                    .thenApply(name -> page(name, cookie));
        } catch (Failure nobody) {
            return CompletableFuture.failedStage(nobody);
        }
    }

    /** What a page needs to know of a session. */
    private static Map<String, Object> page(String user, Credentials.Cookie cookie) {
        return Map.of("user", user, "csrf", cookie.proof());
    }

    private CompletionStage<Void> leave(HttpExchange exchange) {
        try {
            Credentials.Cookie cookie = shown(exchange);
            SessionCookie.check(exchange.head(), cookie);
            return logins.close(cookie);
        } catch (Failure refused) {
            return CompletableFuture.failedStage(refused);
        }
    }

    private CompletionStage<Credentials.Password> credentials(HttpExchange exchange) {
        String header = exchange.head().headers().get(HttpHeaderNames.AUTHORIZATION, "");
        if (header.isEmpty()) {
            return object(exchange)
                    .thenApply(object -> new Credentials.Password(
                            text(object, "name"), text(object, "password").getBytes(StandardCharsets.UTF_8)));
        }
        try {
            if (Authorization.credentials(header) instanceof Credentials.Password password) {
                return CompletableFuture.completedStage(password);
            }
            throw new Failure(Failure.Code.UNAUTHENTICATED, "a name and a password are needed");
        } catch (Failure unreadable) {
            return CompletableFuture.failedStage(unreadable);
        }
    }

    private CompletionStage<String> refresh(HttpExchange exchange) {
        return object(exchange).thenApply(object -> text(object, "refresh_token"));
    }

    private CompletionStage<Map<?, ?>> object(HttpExchange exchange) {
        String type = exchange.head().headers().get(HttpHeaderNames.CONTENT_TYPE, "");
        if (!type.startsWith(Bodies.JSON)) {
            // Also what a form of another page could send without asking first.
            return CompletableFuture.failedStage(new Failure(
                    Failure.Code.MALFORMED, "a login is an object, sent as Content-Type: application/json"));
        }
        return exchange.body(LARGEST).thenApply(bytes -> {
            if (bodies.structured(Bodies.JSON, bytes).value() instanceof Map<?, ?> map) {
                return map;
            }
            throw new Failure(Failure.Code.MALFORMED, "a login is an object with name and password");
        });
    }

    private static String text(Map<?, ?> object, String key) {
        if (object.get(key) instanceof String text) {
            return text;
        }
        throw new Failure(Failure.Code.MALFORMED, key + " is missing, a text");
    }

    /** As RFC 6749 §5.1 calls its parts. */
    private FullHttpResponse pair(Logins.Pair pair) {
        Map<String, Object> said = new LinkedHashMap<>();
        said.put("access_token", pair.access());
        said.put("token_type", "Bearer");
        said.put("expires_in", pair.accessLife().toSeconds());
        said.put("refresh_token", pair.refresh());
        said.put("refresh_expires_in", pair.refreshLife().toSeconds());
        return json(said);
    }

    private FullHttpResponse json(Map<String, Object> said) {
        return Answers.of(
                HttpResponseStatus.OK,
                Bodies.JSON,
                bodies.of(said).as(Bodies.JSON).bytes());
    }

    private static FullHttpResponse nothing() {
        FullHttpResponse answer = Answers.of(HttpResponseStatus.NO_CONTENT, Bodies.JSON, new byte[0]);
        answer.headers().remove(HttpHeaderNames.CONTENT_TYPE);
        return answer;
    }

    private static FullHttpResponse cookie(FullHttpResponse answer, String field) {
        answer.headers().set(HttpHeaderNames.SET_COOKIE, field);
        return answer;
    }

    private static <T> void answer(
            HttpExchange exchange, CompletionStage<T> stage, Function<T, FullHttpResponse> shown) {
        stage.whenComplete((done, failure) -> exchange.loop().execute(() -> {
            if (failure == null) {
                exchange.respond(shown.apply(done));
            } else {
                exchange.fail(failure);
            }
        }));
    }
}
