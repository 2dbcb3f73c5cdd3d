// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import dev.tarn.api.application.Transactions;
import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Tables;
import dev.tarn.api.resource.Terms;
import dev.tarn.api.security.Access;
import dev.tarn.api.security.User;
import dev.tarn.api.security.Users;
import dev.tarn.api.store.Store;
import dev.tarn.transport.HttpProtocol;
import dev.tarn.transport.Loops;
import dev.tarn.transport.Meter;
import dev.tarn.transport.StreamProtocol;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * A whole node inside a test, made of the real components in plain Java: the store in a directory, the door, listeners on
 * free loopback ports. Callers without credentials are administrators unless {@link Setup#passwords} was asked for.
 *
 * <pre>
 * try (Node node = Node.in(directory)
 *         .stream(services -&gt; services.make(MqttProtocol.class))
 *         .http(100, services -&gt; services.make(SseProtocol.class))
 *         .start()) {
 *     node.deploy(table);
 *     new RawClient(node.port("mqtt"));
 *     new EventReader(node.http("/Sensors/"));
 * }
 * </pre>
 */
public final class Node implements AutoCloseable {

    /** The administrator's name and password where passwords are asked for. */
    public static final String ADMINISTRATOR = "admin";

    /** See {@link #ADMINISTRATOR}. */
    public static final String PASSWORD = "correct horse";

    private static final long PATIENCE_SECONDS = 60;

    /** What protocols are made of. {@code streams} are those that were made before, for WebSockets to carry. */
    public record Services(
            Store store,
            Bodies bodies,
            Users users,
            Access access,
            Resources resources,
            Tables tables,
            Transactions transactions,
            Loops loops,
            Meter meter,
            List<StreamProtocol> streams) {

        /** A component as the framework would make it, with its default configuration. */
        public <T> T make(Class<T> component) {
            return make(component, Map.of());
        }

        /**
         * A component as the framework would make it: its one public constructor gets these services, a configuration
         * with these values, and null for what is optional and not here.
         */
        public <T> T make(Class<T> component, Map<String, ?> configuration) {
            return Components.make(
                    component,
                    configuration,
                    List.of(store, bodies, users, access, resources, tables, transactions, loops, meter));
        }
    }

    /** An HTTP protocol to be made, and its place among others. */
    record HttpFactory(int ranking, Function<Services, HttpProtocol> make) {}

    /** What a node should be like; for one thread. */
    public static final class Setup {
        final java.nio.file.Path directory;
        final List<Function<Services, StreamProtocol>> streams = new ArrayList<>();
        final List<HttpFactory> https = new ArrayList<>();
        final Map<String, Map<String, Object>> configurations = new LinkedHashMap<>();
        final Map<String, List<Table>> applications = new LinkedHashMap<>();
        Clock clock = Clock.systemUTC();

        private Setup(java.nio.file.Path directory) {
            this.directory = directory;
            configure("security", "mode", "dev");
        }

        /** Adds a stream protocol with a listener of its name. */
        public Setup stream(Function<Services, StreamProtocol> make) {
            streams.add(make);
            return this;
        }

        /** Adds an HTTP protocol; the highest ranking that accepts a request gets it. Listener {@code http} opens. */
        public Setup http(int ranking, Function<Services, HttpProtocol> make) {
            https.add(new HttpFactory(ranking, make));
            return this;
        }

        /** Rows expire, and changes are stamped, by this clock. */
        public Setup clock(Clock other) {
            clock = other;
            return this;
        }

        /**
         * Sets a configuration value.
         *
         * @param section the pid without {@code dev.tarn.}: store, engine, security, http, listener, loops
         * @param key a method of the component's configuration
         */
        public Setup configure(String section, String key, Object value) {
            configurations
                    .computeIfAbsent(section, any -> new LinkedHashMap<>())
                    .put(key, value);
            return this;
        }

        /** Everybody needs a password, and there is an {@link Node#ADMINISTRATOR} with {@link Node#PASSWORD}. */
        public Setup passwords() {
            return configure("security", "mode", "start")
                    .configure("security", "administrator_name", ADMINISTRATOR)
                    .configure("security", "administrator_password", PASSWORD)
                    .configure("security", "argon2_memory", 1_024)
                    .configure("security", "argon2_passes", 1)
                    .configure("security", "scram_rounds", 4_096);
        }

        /** Starts it; blocks until it accepts connections. */
        public Node start() {
            return new Node(this);
        }

        Map<String, Object> configuration(String section) {
            return configurations.getOrDefault(section, Map.of());
        }
    }

    private final Setup setup;
    private final Parts parts;
    private final Context context;

    private Node(Setup setup) {
        this.setup = setup;
        this.parts = new Parts(setup);
        this.context = services().resources().context(new User("test", Set.of(), true), "test", "test", null);
        setup.applications.forEach(services().tables()::deploy);
    }

    /** A node that keeps its data in this directory. */
    public static Setup in(java.nio.file.Path directory) {
        return new Setup(directory);
    }

    public Services services() {
        return parts.services();
    }

    /** The real port of a listener, such as {@code http} or {@code mqtt}. */
    public int port(String listener) {
        return parts.port(listener);
    }

    /** The address of a path and query over HTTP. */
    public URI http(String pathAndQuery) {
        return URI.create("http://127.0.0.1:" + port("http") + pathAndQuery);
    }

    /** The address of a path and query over WebSocket. */
    public URI webSocket(String pathAndQuery) {
        return URI.create("ws://127.0.0.1:" + port("http") + pathAndQuery);
    }

    /** Makes these the tables of application {@code test}, now and after a restart. */
    public Node deploy(Table... tables) {
        setup.applications.put("test", List.of(tables));
        services().tables().deploy("test", List.of(tables));
        return this;
    }

    /** An administrator's context. */
    public Context context() {
        return context;
    }

    /** A structured body of this JSON text. */
    public Body json(String text) {
        return services().bodies().structured(Bodies.JSON, text.getBytes(StandardCharsets.UTF_8));
    }

    /** The value that a JSON text stands for, to compare with. */
    public Object value(String json) {
        return String.valueOf(json).isBlank()
                ? ""
                : java.util.Objects.requireNonNull(json(json).value());
    }

    /** Writes a row and waits until it is durable. */
    public Commit put(String path, String json) {
        return await(services().resources().put(context, Path.of(path), json(json), Terms.NONE));
    }

    /** Removes a row and waits until that is durable. */
    public Commit delete(String path) {
        return await(services().resources().delete(context, Path.of(path), Terms.NONE));
    }

    /** Says something at a path and waits until that may be acknowledged. */
    public Commit publish(String path, byte[] payload) {
        Body body = services().bodies().opaque(Body.OPAQUE, payload);
        return await(services().resources().publish(context, Path.of(path), body, Terms.NONE));
    }

    public Optional<Row> row(String path) {
        return await(services().resources().get(context, Path.of(path)));
    }

    /** A row's body as JSON text, or {@code absent}. */
    public String text(String path) {
        return row(path)
                .map(row -> new String(row.body().as(Bodies.JSON).bytes(), StandardCharsets.UTF_8))
                .orElse("absent");
    }

    /**
     * What a stage completes with, at most 20 seconds later.
     *
     * @throws dev.tarn.api.data.Failure the stage's own
     */
    public static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(failed.getCause());
        } catch (TimeoutException late) {
            throw new IllegalStateException("nothing within " + PATIENCE_SECONDS + " seconds", late);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }

    /** Closes this node and starts another with the same setup, data and tables; ports are others. */
    public Node restart() {
        close();
        return new Node(setup);
    }

    /** Closes listeners, protocols, engine, store and loops; blocks until they are. */
    @Override
    public void close() {
        parts.close();
    }
}
