// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Query;
import dev.tarn.api.resource.Terms;
import dev.tarn.api.security.Access;
import dev.tarn.api.security.User;
import dev.tarn.codec.CodecBodies;
import dev.tarn.engine.query.Limits;
import dev.tarn.store.XodusStore;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;

/** An engine over a real store in a directory of its own and the real codecs; everybody may do everything. */
final class TestDoor implements AutoCloseable {

    static final Settings.Threads THREADS = new Settings.Threads(2, 10_000, 8);
    static final Settings.MailboxBounds MAILBOXES = new Settings.MailboxBounds(10_000, 8 << 20, 100_000);
    static final Settings.LoopBounds LOOPS = new Settings.LoopBounds(16_384, 16 << 20);

    static final Settings SETTINGS = settings(MAILBOXES, LOOPS);

    final Bodies bodies = CodecBodies.standard();
    final XodusStore store;
    final Engine engine;
    final User user = new User("tester", Set.of(), true);
    final Context context;

    /** The usual limits with these bounds. */
    static Settings settings(Settings.MailboxBounds mailboxes, Settings.LoopBounds loops) {
        return new Settings(THREADS, mailboxes, loops, false, Clock.systemUTC(), Limits.DEFAULT);
    }

    /** The usual limits with this clock, and these limits of queries. */
    static Settings settings(Clock clock, Limits queries) {
        return new Settings(THREADS, MAILBOXES, LOOPS, false, clock, queries);
    }

    TestDoor(java.nio.file.Path directory) {
        this(directory, SETTINGS, (who, verb, table, path) -> true);
    }

    TestDoor(java.nio.file.Path directory, Settings settings, Access access) {
        this(directory, settings, access, Map.of());
    }

    /** With other settings of the store than its defaults. */
    TestDoor(java.nio.file.Path directory, Settings settings, Access access, Map<String, Object> storing) {
        Map<String, Object> config = new HashMap<>(storing);
        config.put("directory", directory.resolve("data").toString());
        store = new XodusStore(bodies, defaults(XodusStore.Config.class, config));
        engine = new Engine(store, bodies, access, settings);
        context = context("test");
    }

    Context context(String origin) {
        return engine.context(user, "test", origin, null);
    }

    /** A context of somebody who is no administrator. */
    Context guest() {
        return engine.context(new User("guest", Set.of(), false), "test", "guest", null);
    }

    /** A configuration with these values, and its defaults for the rest. */
    static <T> T defaults(Class<T> type, Map<String, Object> values) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, none) -> valueOf(method, values)));
    }

    private static Object valueOf(Method method, Map<String, Object> values) {
        return values.getOrDefault(method.getName(), method.getDefaultValue());
    }

    /** Lets an application with these tables be there. */
    void deploy(Table... tables) {
        engine.deploy("test", List.of(tables));
    }

    Body json(String text) {
        return bodies.structured(Bodies.JSON, text.getBytes(StandardCharsets.UTF_8));
    }

    Body bytes(String text) {
        return bodies.opaque(Body.OPAQUE, text.getBytes(StandardCharsets.UTF_8));
    }

    Commit put(String path, String body) {
        return done(engine.put(context, Path.of(path), bytes(body), Terms.NONE));
    }

    /** Puts so many rows, one after the other in one context, and waits until all are durable. */
    void put(int count, IntFunction<String> path, IntFunction<String> body) {
        List<CompletionStage<Commit>> put = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            put.add(engine.put(context, Path.of(path.apply(i)), bytes(body.apply(i)), Terms.NONE));
            if (i % 200 == 199 || i == count - 1) {
                put.forEach(TestDoor::done);
                put.clear();
            }
        }
    }

    Commit patch(String path, String body) {
        return done(engine.patch(context, Path.of(path), json(body), Terms.NONE));
    }

    Commit delete(String path) {
        return done(engine.delete(context, Path.of(path), Terms.NONE));
    }

    Commit publish(String path, String body, int qos) {
        return done(engine.publish(
                context,
                Path.of(path),
                bytes(body),
                Terms.of(Attributes.builder().qos(qos).build())));
    }

    Optional<Row> get(String path) {
        return done(engine.get(context, Path.of(path)));
    }

    /** The row as JSON text, or as it is where it is opaque; null when there is none. */
    String text(String path) {
        return get(path).map(row -> text(row.body())).orElse(null);
    }

    static String text(Body body) {
        byte[] bytes = body.structured() ? body.as(Bodies.JSON).bytes() : body.bytes();
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** All rows of a query. */
    List<Row> find(Query query) {
        return Rows.of(done(engine.find(context, query)));
    }

    /** What the stage completes with within twenty seconds; throws what it fails with. */
    static <T> T done(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
        } catch (CompletionException failed) {
            if (failed.getCause() instanceof TimeoutException) {
                throw new AssertionError("nothing within 20 s");
            }
            if (failed.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw failed;
        }
    }

    @Override
    public void close() {
        engine.close();
        store.close();
    }
}
