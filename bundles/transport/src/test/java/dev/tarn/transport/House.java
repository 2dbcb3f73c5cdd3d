// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.security.Credentials;
import dev.tarn.api.security.User;
import dev.tarn.api.security.Users;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A listener with HTTP behind it, on a free port, with one known user and nothing but the protocols a test adds. */
final class House implements AutoCloseable {
    static final User ANONYMOUS = new User("anonymous", Set.of(), false);
    static final String COOKIE = "Zm9ydHktdHdv";
    static final User ADA = new User("ada", Set.of("reader"), false);

    final Meter meter = new Meter();
    final Loops loops = new Loops(Settings.of(Loops.Config.class, Map.of("count", 2)));
    final Listener listener;
    final HttpFraming http;
    final AtomicInteger checks = new AtomicInteger();

    House(Map<String, Object> httpSettings) {
        this(httpSettings, Map.of());
    }

    House(Map<String, Object> httpSettings, Map<String, Object> listenerSettings) {
        this(httpSettings, listenerSettings, null);
    }

    /** With TLS, where there are certificates. */
    House(Map<String, Object> httpSettings, Map<String, Object> listenerSettings, @Nullable Certificates certificates) {
        Map<String, Object> settings =
                new HashMap<>(Map.of("name", certificates == null ? "http" : "http.tls", "port", 0));
        settings.putAll(listenerSettings);
        Listener.Config config = Settings.of(Listener.Config.class, settings);
        listener = certificates == null
                ? new Listener(loops, meter, config)
                : new Listener(loops, meter, certificates, config);
        http = new HttpFraming(
                new OneUser(), noResources(), meter, Settings.of(HttpFraming.Config.class, httpSettings));
        listener.addProtocol(http);
    }

    void add(HttpProtocol protocol) {
        http.addProtocol(protocol, Map.of());
    }

    InetSocketAddress address() {
        return listener.endpoint().flatMap(Endpoint::address).orElseThrow();
    }

    Wire connect() throws IOException {
        return new Wire(address());
    }

    @Override
    public void close() {
        listener.close();
        loops.close();
    }

    private final class OneUser implements Users {
        @Override
        public CompletionStage<User> authenticate(Credentials credentials, @Nullable SocketAddress from) {
            checks.incrementAndGet();
            if (credentials instanceof Credentials.Cookie cookie
                    && cookie.secret().equals(COOKIE)) {
                return CompletableFuture.completedStage(ADA);
            } else if (credentials instanceof Credentials.Certificate) {
                return CompletableFuture.completedStage(ADA);
            } else if (credentials instanceof Credentials.Nothing) {
                return CompletableFuture.completedStage(ANONYMOUS);
            } else if (credentials instanceof Credentials.Password password
                    && password.name().equals("ada")
                    && new String(password.secret(), StandardCharsets.UTF_8).equals("löve:lace")) {
                return CompletableFuture.supplyAsync(() -> ADA);
            }
            return CompletableFuture.failedStage(new Failure(Failure.Code.UNAUTHENTICATED, "wrong name or password"));
        }
    }

    private record Asker(
            User user,
            String protocol,
            String origin,
            @Nullable SocketAddress remote) implements Context {}

    /** The door with nothing behind it: it only makes contexts. */
    private static Resources noResources() {
        return (Resources) Proxy.newProxyInstance(
                Resources.class.getClassLoader(), new Class<?>[] {Resources.class}, (proxy, method, arguments) -> {
                    if (!method.getName().equals("context")) {
                        throw new UnsupportedOperationException(method.getName());
                    }
                    return new Asker((User) arguments[0], (String) arguments[1], (String) arguments[2], (SocketAddress)
                            arguments[3]);
                });
    }
}
