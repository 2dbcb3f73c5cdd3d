// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tarn.api.application.Site;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Resources;
import dev.tarn.testkit.Configs;
import dev.tarn.testkit.Node;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** A node with rows over HTTP, some tables, and a client. */
final class House implements AutoCloseable {
    static final Table SENSORS = new Table(
            "data",
            "Sensors",
            "Sensors",
            List.of(
                    Attribute.primaryKey("id", Attribute.Type.ID),
                    Attribute.of("location", Attribute.Type.STRING),
                    Attribute.of("temp", Attribute.Type.FLOAT).withIndex()),
            Table.Rules.DECLARED);

    static final Table ORDERS = new Table(
            "data",
            "Orders",
            "Orders",
            List.of(
                    Attribute.primaryKey("id", Attribute.Type.LONG),
                    new Attribute("item", Attribute.Type.STRING, false, true, false, false, false, List.of()),
                    Attribute.of("count", Attribute.Type.INT)),
            Table.Rules.DECLARED);

    /** For rows in great number, whose writer need not wait until they are durable. */
    private static final Table.Rules QUICK =
            new Table.Rules(false, false, true, Table.Keeping.ASYNC, Duration.ZERO, Duration.ZERO, null);

    static final Table MANY =
            new Table("data", "Many", "Many", List.of(Attribute.primaryKey("id", Attribute.Type.ID)), QUICK);

    static final Table LARGE =
            new Table("data", "Large", "Large", List.of(Attribute.primaryKey("id", Attribute.Type.ID)), QUICK);

    static final Table FILES = new Table("data", "Files", "Files", List.of(), Table.Rules.OPAQUE);

    final Node node;
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(60))
            .build();

    /** @param seen what the protocol sees of the resources */
    House(Path directory, Map<String, ?> settings, UnaryOperator<Resources> seen, Site... sites) {
        node = Node.in(directory)
                .http(-100, services -> {
                    RestProtocol protocol = new RestProtocol(
                            seen.apply(services.resources()),
                            services.tables(),
                            services.bodies(),
                            Configs.of(RestProtocol.Config.class, settings));
                    for (Site site : sites) {
                        protocol.addSite(site);
                    }
                    return protocol;
                })
                .start()
                .deploy(SENSORS, ORDERS, MANY, LARGE, FILES);
    }

    House(Path directory) {
        this(directory, Map.of(), UnaryOperator.identity());
    }

    /** An answer, with its body as text where a test wants that. */
    record Answer(HttpResponse<byte[]> whole) {
        int status() {
            return whole.statusCode();
        }

        byte[] bytes() {
            return whole.body();
        }

        String text() {
            return new String(whole.body(), UTF_8);
        }

        /** A header's value, or {@code -}. */
        String header(String name) {
            return whole.headers().firstValue(name).orElse("-");
        }
    }

    Answer send(String method, String target, byte[] body, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(node.http(target))
                .timeout(Duration.ofSeconds(60))
                .method(method, body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
        for (String header : headers) {
            int colon = header.indexOf(':');
            if (colon > 0) {
                request.header(
                        header.substring(0, colon), header.substring(colon + 1).strip());
            }
        }
        return new Answer(client.send(request.build(), BodyHandlers.ofByteArray()));
    }

    Answer send(String method, String target, String body, String... headers) throws IOException, InterruptedException {
        return send(method, target, body.getBytes(UTF_8), headers);
    }

    Answer get(String target, String... headers) throws IOException, InterruptedException {
        return send("GET", target, "", headers);
    }

    /** Sends JSON. */
    Answer json(String method, String target, String body, String... headers) throws IOException, InterruptedException {
        String[] all = java.util.Arrays.copyOf(headers, headers.length + 1);
        all[headers.length] = "Content-Type: application/json";
        return send(method, target, body, all);
    }

    /** The value that bytes of this format stand for. */
    Object value(String mediaType, byte[] bytes) {
        return String.valueOf(
                node.services().bodies().structured(mediaType, bytes).value());
    }

    @Override
    public void close() {
        node.close();
    }
}
