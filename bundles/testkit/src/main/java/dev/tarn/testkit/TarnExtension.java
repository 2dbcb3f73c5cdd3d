// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import dev.tarn.api.application.ResourceClasses;
import dev.tarn.api.data.Table;
import dev.tarn.transport.HttpProtocol;
import dev.tarn.transport.StreamProtocol;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node for the tests of a class, with an application's classes deployed and every protocol that is on the class path, in
 * the test's own process: a breakpoint in a resource stops. Everybody is an administrator.
 *
 * <pre>
 * &#64;RegisterExtension
 * static final TarnExtension TARN = TarnExtension.with(Sensors.class, SensorAlert.class);
 *
 * &#64;Test void hot() throws Exception {
 *     TARN.send("PUT", "/Sensors/1", "{\"temp\":120}");
 *     assertThat(TARN.text("Sensors/1")).contains("\"alert\":true");
 * }
 * </pre>
 */
public final class TarnExtension implements BeforeAllCallback, AfterAllCallback {

    private static final Logger LOG = LoggerFactory.getLogger(TarnExtension.class);

    /** Where protocols are, and their place among others; 0 for those that are no HTTP. */
    private static final Map<String, Integer> PROTOCOLS = protocols();

    private final List<Class<?>> classes;
    private final List<Table> tables = new ArrayList<>();
    private final TestClock clock = new TestClock();
    private @Nullable Node node;
    private @Nullable Path directory;

    private TarnExtension(List<Class<?>> classes) {
        this.classes = List.copyOf(classes);
    }

    private static Map<String, Integer> protocols() {
        Map<String, Integer> protocols = new LinkedHashMap<>();
        protocols.put("dev.tarn.mqtt.MqttProtocol", 0);
        protocols.put("dev.tarn.http.RestProtocol", 10);
        protocols.put("dev.tarn.sse.SseProtocol", 100);
        protocols.put("dev.tarn.websocket.WebSocketProtocol", 200);
        return protocols;
    }

    /** With these records and resources of an application. */
    public static TarnExtension with(Class<?>... classes) {
        return new TarnExtension(List.of(classes));
    }

    /** With one table more, which no record declares. */
    public TarnExtension table(Table table) {
        tables.add(table);
        return this;
    }

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        long before = System.nanoTime();
        Path made = Files.createTempDirectory("tarn-test-");
        directory = made;
        Node.Setup setup = Node.in(made).clock(clock);
        PROTOCOLS.forEach((name, ranking) -> add(setup, name, ranking));
        Node started = setup.start();
        node = started;
        ResourceClasses found = ResourceClasses.of(tables, classes, List.of());
        List<Table> all = new ArrayList<>(tables);
        all.addAll(found.tables());
        started.services().tables().deploy("test", all, found.mounts());
        LOG.info("a node for tests is there: milliseconds={}", (System.nanoTime() - before) / 1_000_000);
    }

    private static void add(Node.Setup setup, String name, int ranking) {
        try {
            Class<?> type = Class.forName(name);
            if (ranking == 0) {
                setup.stream(services -> (StreamProtocol) services.make(type));
            } else {
                setup.http(ranking, services -> (HttpProtocol) services.make(type));
            }
        } catch (ClassNotFoundException absent) {
            // A protocol that the test does not need.
            setup.configure("absent", name, true);
        }
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        if (node != null) {
            node.close();
        }
        if (directory != null) {
            try (Stream<Path> files = Files.walk(directory)) {
                files.sorted(Comparator.reverseOrder()).forEach(TarnExtension::delete);
            }
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** The node itself. */
    public Node node() {
        if (node == null) {
            throw new IllegalStateException("the node runs while the tests of the class do");
        }
        return node;
    }

    /** The node's clock, which can be put forward. */
    public TestClock clock() {
        return clock;
    }

    /** The port of a listener: {@code http}, {@code mqtt}. */
    public int port(String listener) {
        return node().port(listener);
    }

    /** The address of a path over HTTP. */
    public URI uri(String pathAndQuery) {
        return node().http(pathAndQuery);
    }

    /** The address of a path over WebSocket. */
    public URI socket(String pathAndQuery) {
        return node().webSocket(pathAndQuery);
    }

    /** A row's body as JSON text, or {@code absent}. */
    public String text(String path) {
        return node().text(path);
    }

    /** Asks over HTTP, with a body in JSON where there is one. */
    public HttpResponse<String> send(String method, String path, @Nullable String json)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(path));
        if (json == null) {
            request.method(method, HttpRequest.BodyPublishers.noBody());
        } else {
            request.method(method, HttpRequest.BodyPublishers.ofString(json))
                    .header("Content-Type", "application/json");
        }
        return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
