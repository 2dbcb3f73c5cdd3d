// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Found;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Search;
import dev.tarn.api.security.User;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Write;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A node with a table of notes, and users of roles, for tests of what they may do. */
class RightsScene {

    static final Table NOTES = new Table(
            "data",
            "Notes",
            "Notes",
            List.of(
                    Attribute.primaryKey("id", Attribute.Type.ID),
                    new Attribute("owner", Attribute.Type.STRING, false, false, true, false, false, List.of()),
                    new Attribute("secret", Attribute.Type.STRING, false, false, true, false, false, List.of()),
                    Attribute.of("text", Attribute.Type.STRING)),
            Table.Rules.DECLARED);

    static final Table ROLES = new Table(
            "system", "roles", null, List.of(Attribute.primaryKey("name", Attribute.Type.ID)), Table.Rules.DECLARED);

    static final Table USERS = new Table(
            "system", "users", null, List.of(Attribute.primaryKey("name", Attribute.Type.ID)), Table.Rules.DECLARED);

    static final String DENIED = "FORBIDDEN";

    @TempDir
    java.nio.file.Path directory;

    Node node;
    final ExecutorService loop = Executors.newSingleThreadExecutor();

    @BeforeEach
    void start() {
        node = Node.in(directory).start().deploy(NOTES);
        node.put("Notes/1", "{\"owner\":\"ada\",\"secret\":\"x\",\"text\":\"one\"}");
        node.put("Notes/2", "{\"owner\":\"bob\",\"secret\":\"y\",\"text\":\"two\"}");
    }

    @AfterEach
    void stop() {
        node.close();
        loop.shutdownNow();
    }

    void role(String json) {
        Body body = node.json(json);
        String name = String.valueOf(((java.util.Map<?, ?>) body.value()).get("name"));
        system(Draft.put(ROLES, ROLES.path(name), body, Attributes.NONE, Expectation.ANYTHING));
    }

    void system(Draft draft) {
        Node.await(node.services().store().commit(new Write(List.of(draft), List.of())));
    }

    Context as(String name, String... roles) {
        return door().context(new User(name, Set.of(roles), false), "test", name, null);
    }

    Resources door() {
        return node.services().resources();
    }

    /** What comes of it: {@code yes}, or the code of the refusal. */
    static String outcome(Supplier<CompletionStage<?>> call) {
        try {
            call.get().toCompletableFuture().get(30, TimeUnit.SECONDS);
            return "yes";
        } catch (Failure refused) {
            return refused.code().name();
        } catch (ExecutionException failed) {
            return failed.getCause() instanceof Failure refused ? refused.code().name() : String.valueOf(failed);
        } catch (InterruptedException | TimeoutException late) {
            throw new IllegalStateException(late);
        }
    }

    Collector collector(Context context) {
        return new Collector(door(), context, loop);
    }

    List<String> texts(Context context, String query) {
        Found found = Node.await(door().search(context, new Search("Notes", "", query, false)));
        CompletableFuture<List<String>> all = new CompletableFuture<>();
        List<String> rows = new ArrayList<>();
        found.rows().subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscription.request(Long.MAX_VALUE);
            }

            @Override
            public void onNext(Row row) {
                rows.add(new String(row.body().as(Bodies.JSON).bytes(), StandardCharsets.UTF_8));
            }

            @Override
            public void onError(Throwable failure) {
                all.completeExceptionally(failure);
            }

            @Override
            public void onComplete() {
                all.complete(rows);
            }
        });
        return Node.await(all);
    }

    Body note(String json) {
        return node.json(json);
    }
}
