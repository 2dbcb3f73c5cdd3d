// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.security.Credentials;
import dev.tarn.api.security.User;
import dev.tarn.api.security.Users;
import dev.tarn.codec.CodecBodies;
import dev.tarn.testkit.Configs;
import dev.tarn.testkit.RawClient;
import dev.tarn.transport.Endpoint;
import dev.tarn.transport.HttpFraming;
import dev.tarn.transport.HttpProtocol;
import dev.tarn.transport.Listener;
import dev.tarn.transport.Loops;
import dev.tarn.transport.Meter;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.SocketAddress;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A listener with HTTP and WebSockets on a free port and no rows behind it: for what is below them. */
final class Door implements AutoCloseable {
    private static final User ANYBODY = new User("anybody", Set.of(), true);

    final WebSocketProtocol protocol;
    private final Meter meter = new Meter();
    private final Loops loops = new Loops(Configs.of(Loops.Config.class, Map.of("count", 1)));
    private final Listener listener;
    private final HttpFraming http;

    private record Asker(
            User user,
            String protocol,
            String origin,
            @Nullable SocketAddress remote) implements Context {}

    private static final class Anybody implements Users {
        @Override
        public CompletionStage<User> authenticate(Credentials credentials, @Nullable SocketAddress from) {
            return CompletableFuture.completedStage(ANYBODY);
        }
    }

    Door(int port, Map<String, ?> settings) {
        Resources resources = nowhere();
        listener = new Listener(loops, meter, Configs.of(Listener.Config.class, Map.of("name", "http", "port", port)));
        http = new HttpFraming(new Anybody(), resources, meter, Configs.of(HttpFraming.Config.class));
        protocol = new WebSocketProtocol(
                resources, CodecBodies.standard(), meter, Configs.of(WebSocketProtocol.Config.class, settings));
        http.addProtocol(protocol, Map.of("service.ranking", 200));
        listener.addProtocol(http);
    }

    void add(HttpProtocol higher) {
        http.addProtocol(higher, Map.of("service.ranking", 300));
    }

    int port() {
        return listener.endpoint().flatMap(Endpoint::address).orElseThrow().getPort();
    }

    /** A connection whose upgrade has been accepted. */
    RawClient connect(String subprotocol) throws IOException {
        RawClient client = new RawClient(port());
        client.sendText(upgrade("Sec-WebSocket-Protocol: " + subprotocol + "\r\n"));
        String head = client.readHttpHead();
        if (!head.startsWith("HTTP/1.1 101 ")) {
            throw new AssertionError(head);
        }
        return client;
    }

    /** An upgrade request with the key of RFC 6455 §1.3. */
    String upgrade(String more) {
        return "GET / HTTP/1.1\r\nHost: localhost:" + port() + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + more + "\r\n";
    }

    /** Makes contexts, and has nothing else. */
    private static Resources nowhere() {
        return (Resources) Proxy.newProxyInstance(
                Resources.class.getClassLoader(), new Class<?>[] {Resources.class}, (proxy, method, arguments) -> {
                    if (!method.getName().equals("context")) {
                        throw new UnsupportedOperationException(method.getName());
                    }
                    return new Asker((User) arguments[0], (String) arguments[1], (String) arguments[2], (SocketAddress)
                            arguments[3]);
                });
    }

    @Override
    public void close() {
        listener.close();
        loops.close();
    }
}
