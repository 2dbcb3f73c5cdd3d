// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Row;
import dev.tarn.api.operation.Operation;
import dev.tarn.api.resource.Context;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Store;
import dev.tarn.api.store.Write;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * The operations {@code user_list}, {@code user_put}, {@code user_remove}, {@code role_list}, {@code role_put}, {@code
 * role_remove}, {@code token_issue}, {@code token_revoke} and {@code audit_list}. Safe on any thread; whatever blocks is on the threads that hash passwords.
 */
@Component(
        service = {},
        immediate = true)
public final class Accounts {

    private static final int MOST = 1_000;

    private final Store store;
    private final Bodies bodies;
    private final StoredUsers users;
    private final AuditTrail audit;

    @Activate
    public Accounts(
            BundleContext context,
            @Reference Store store,
            @Reference Bodies bodies,
            @Reference StoredUsers users,
            @Reference AuditTrail audit) {
        this(store, bodies, users, audit);
        operations().forEach(operation -> context.registerService(Operation.class, operation, null));
        context.registerService(Operation.class, new MosquittoImport(store, bodies, users), null);
    }

    Accounts(Store store, Bodies bodies, StoredUsers users, AuditTrail audit) {
        this.store = store;
        this.bodies = bodies;
        this.users = users;
        this.audit = audit;
        store.define(Role.TABLE);
    }

    /** An operation and what it does. */
    private record Verb(String name, Function<Map<String, Object>, CompletionStage<Map<String, Object>>> work)
            implements Operation {
        @Override
        public CompletionStage<Map<String, Object>> run(Context context, Map<String, Object> arguments) {
            try {
                return work.apply(arguments);
            } catch (IllegalArgumentException wrong) {
                return CompletableFuture.failedStage(
                        new Failure(Failure.Code.INVALID, String.valueOf(wrong.getMessage())));
            } catch (Failure refused) {
                return CompletableFuture.failedStage(refused);
            }
        }

        @Override
        public boolean changes() {
            return !name.endsWith("_list");
        }
    }

    List<Operation> operations() {
        return List.of(
                new Verb("user_list", given -> users.book().blocking(() -> Map.of("users", list(StoredUser.TABLE)))),
                new Verb("user_put", this::putUser),
                new Verb("user_remove", given -> remove(StoredUser.TABLE, text(given, "name"))),
                new Verb("role_list", given -> users.book().blocking(() -> Map.of("roles", list(Role.TABLE)))),
                new Verb("role_put", this::putRole),
                new Verb("role_remove", given -> remove(Role.TABLE, text(given, "name"))),
                new Verb("token_issue", this::issue),
                new Verb(
                        "token_revoke",
                        given -> users.book()
                                .given()
                                .refreshes()
                                .end(
                                        text(given, "id"),
                                        users.book().given().tokens().revocation(text(given, "id")))
                                .thenApply(done -> Map.of("revoked", true))),
                new Verb(
                        "audit_list",
                        given -> users.book().blocking(() -> Map.of("audit", audit.latest(count(given))))));
    }

    private static int count(Map<String, Object> given) {
        Object most = given.getOrDefault("most", 100);
        try {
            return Math.max(1, Math.min(MOST, Integer.parseInt(String.valueOf(most))));
        } catch (NumberFormatException wrong) {
            throw new IllegalArgumentException("most: is a number", wrong);
        }
    }

    /** Rows but for what nobody may see. */
    private List<Object> list(dev.tarn.api.data.Table table) {
        List<Object> all = new ArrayList<>();
        try (Snapshot snapshot = store.snapshot();
                Snapshot.Rows rows = snapshot.rows(table, Snapshot.Range.ALL)) {
            for (Row row = rows.next(); row != null && all.size() < MOST; row = rows.next()) {
                if (row.body().value() instanceof Map<?, ?> map) {
                    Map<Object, Object> shown = new LinkedHashMap<>(map);
                    shown.keySet().removeAll(Set.of("password", "scram"));
                    all.add(shown);
                }
            }
        }
        return all;
    }

    private CompletionStage<Map<String, Object>> putUser(Map<String, Object> given) {
        String name = text(given, "name");
        if (!StoredUser.legal(name)) {
            throw new IllegalArgumentException(
                    "name: 1 to 256 bytes without control characters and without + # / : $ %");
        }
        Set<String> roles = given.containsKey("roles") ? Set.copyOf(texts(given.get("roles"))) : null;
        Boolean administrator = given.containsKey("administrator") ? truth(given.get("administrator")) : null;
        byte[] password = given.get("password") instanceof String secret && !secret.isEmpty()
                ? secret.getBytes(StandardCharsets.UTF_8)
                : null;
        return users.book().change(name, roles, administrator, password).thenApply(user -> Map.of("name", user.name()));
    }

    private CompletionStage<Map<String, Object>> issue(Map<String, Object> given) {
        String name = text(given, "name");
        long minutes = number(given.getOrDefault("minutes", 60));
        return users.book().blocking(() -> {
            if (!users.book().exists(name)) {
                throw new Failure(Failure.Code.NOT_FOUND, "there is no user " + name);
            }
            Tokens.Issued issued = users.book().given().tokens().issue(name, Duration.ofMinutes(minutes));
            return Map.of("token", issued.token(), "id", issued.id(), "expires", issued.expires());
        });
    }

    private static long number(Object value) {
        try {
            long number = Long.parseLong(String.valueOf(value));
            if (number < 1 || number > Tokens.LONGEST_LIFE.toMinutes()) {
                throw new IllegalArgumentException("minutes: between 1 and " + Tokens.LONGEST_LIFE.toMinutes());
            }
            return number;
        } catch (NumberFormatException wrong) {
            throw new IllegalArgumentException("minutes: is a number", wrong);
        }
    }

    private CompletionStage<Map<String, Object>> putRole(Map<String, Object> given) {
        Map<String, Object> row = new LinkedHashMap<>(given);
        row.computeIfPresent("administrator", (key, value) -> truth(value));
        for (String key : List.of("publish", "subscribe", "operations")) {
            row.computeIfPresent(key, (same, value) -> texts(value));
        }
        Role role = Role.of(row);
        return commit(Draft.put(
                        Role.TABLE,
                        Role.TABLE.path(role.name()),
                        bodies.of(row),
                        Attributes.NONE,
                        Expectation.ANYTHING))
                .thenApply(done -> Map.of("name", role.name()));
    }

    private CompletionStage<Map<String, Object>> remove(dev.tarn.api.data.Table table, String name) {
        return commit(Draft.delete(table, table.path(name), Attributes.NONE, Expectation.PRESENT))
                .thenApply(done -> Map.of("removed", name));
    }

    private CompletionStage<Commit> commit(Draft draft) {
        return store.commit(Write.of(draft));
    }

    private static String text(Map<String, Object> given, String key) {
        if (given.get(key) instanceof String text && !text.isBlank()) {
            return text;
        }
        throw new IllegalArgumentException(key + ": is missing, a text");
    }

    private static boolean truth(@Nullable Object value) {
        return switch (String.valueOf(value)) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("administrator: is true or false");
        };
    }

    /** A list of texts, or one text with commas. */
    private static List<String> texts(@Nullable Object value) {
        if (value instanceof List<?> list) {
            return list.stream().map(String::valueOf).toList();
        }
        return Arrays.stream(String.valueOf(value).split(","))
                .map(String::strip)
                .filter(text -> !text.isEmpty())
                .toList();
    }
}
