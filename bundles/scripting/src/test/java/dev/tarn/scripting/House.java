// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import dev.tarn.api.application.Program;
import dev.tarn.api.application.Sources;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Table;
import dev.tarn.http.RestProtocol;
import dev.tarn.mqtt.MqttProtocol;
import dev.tarn.sse.SseProtocol;
import dev.tarn.testkit.Node;
import dev.tarn.websocket.WebSocketProtocol;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A node with all protocols but AMQP, and the scripts of one application on it. */
final class House implements AutoCloseable {

    /** An answer over HTTP. */
    record Answer(int status, String body) {}

    static {
        // The server closes connections that are not used for a while, and a busy machine makes that while short.
        System.setProperty("jdk.httpclient.keepalive.timeout", "5");
    }

    private final Path directory;
    private final Node node;
    private final Scripting scripting;
    private final HttpClient client = HttpClient.newHttpClient();
    private List<Table> tables = List.of();
    private Program program;

    House(Path directory, Map<String, ?> configuration) {
        this.directory = directory;
        this.node = Node.in(directory.resolve("data")).stream(services -> services.make(MqttProtocol.class))
                .http(0, services -> services.make(RestProtocol.class))
                .http(100, services -> services.make(SseProtocol.class))
                .http(200, services -> services.make(WebSocketProtocol.class))
                .start();
        this.scripting = node.services().make(Scripting.class, configuration);
    }

    House(Path directory) {
        this(directory, Map.of());
    }

    Node node() {
        return node;
    }

    Scripting scripting() {
        return scripting;
    }

    /** What serves now. */
    Program program() {
        return program;
    }

    /** A table whose ids are text. */
    static Table table(String name, @Nullable String export, Attribute... attributes) {
        List<Attribute> all = new java.util.ArrayList<>(List.of(Attribute.primaryKey("id", Attribute.Type.ID)));
        all.addAll(Arrays.asList(attributes));
        return new Table(Table.DATA, name, export, all, Table.Rules.DECLARED);
    }

    House tables(Table... declared) {
        tables = List.of(declared);
        return this;
    }

    /** Deploys this text as resources.js; the version before goes once its calls have ended. */
    House deploy(String resources) throws IOException {
        return deploy(Map.of("resources.js", resources), Map.of());
    }

    /** Deploys files and settings; what they refuse leaves the version before serving. */
    House deploy(Map<String, String> files, Map<String, Object> settings) throws IOException {
        Path folder = Files.createTempDirectory(directory, "app");
        Set<String> names = new HashSet<>();
        for (Map.Entry<String, String> file : files.entrySet()) {
            Path path = folder.resolve(file.getKey());
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue());
            names.add(file.getKey());
        }
        Program next = scripting.load(new Sources("app", folder.toRealPath(), names, tables, settings));
        node.services().tables().deploy("app", tables, next.mounts());
        Program before = program;
        program = next;
        next.started();
        if (before != null) {
            before.stopping();
            before.close();
        }
        return this;
    }

    Answer http(String method, String path, String json) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(node.http(path))
                .method(
                        method,
                        json.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(json))
                .header("Content-Type", "application/json")
                .header("Accept", "*/*")
                .build();
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        return new Answer(response.statusCode(), response.body());
    }

    Answer get(String path) throws IOException, InterruptedException {
        return http("GET", path, "");
    }

    @Override
    public void close() {
        if (program != null) {
            program.stopping();
            program.close();
        }
        scripting.close();
        node.close();
    }
}
