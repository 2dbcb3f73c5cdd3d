// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Subscriber;
import dev.tarn.api.resource.Terms;
import dev.tarn.api.security.Credentials;
import dev.tarn.api.security.User;
import dev.tarn.api.security.Users;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A listener with HTTP behind it, on a free port, with one known user and nothing but the protocols a test adds. */
final class House implements AutoCloseable {
    static final User ANONYMOUS = new User("anonymous", Set.of(), false);
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
        Map<String, Object> settings = new HashMap<>(Map.of("name", "http", "port", 0));
        settings.putAll(listenerSettings);
        listener = new Listener(loops, meter, Settings.of(Listener.Config.class, settings));
        http = new HttpFraming(
                new OneUser(), new NoResources(), meter, Settings.of(HttpFraming.Config.class, httpSettings));
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
            if (credentials instanceof Credentials.Nothing) {
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

    private static final class NoResources implements Resources {
        @Override
        public Context context(User user, String protocol, String origin, @Nullable SocketAddress remote) {
            return new Asker(user, protocol, origin, remote);
        }

        @Override
        public CompletionStage<Commit> putAll(Context context, String resource, List<Body> bodies, Terms terms) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Optional<Table> table(Context context, Path path) {
            return Optional.empty();
        }

        @Override
        public CompletionStage<Map<String, Object>> describe(Context context, String resource) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Mailbox mailbox(Context context, Executor loop, Subscriber subscriber) {
            throw new UnsupportedOperationException();
        }
    }
}
