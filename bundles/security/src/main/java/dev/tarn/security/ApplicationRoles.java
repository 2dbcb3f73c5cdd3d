// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Row;
import dev.tarn.api.security.Roles;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Store;
import dev.tarn.api.store.Write;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Roles of applications as rows of {@code system.roles} that name their application. */
@Component(service = Roles.class)
public final class ApplicationRoles implements Roles {

    /** The property that names the application. */
    static final String APPLICATION = "application";

    private static final long PATIENCE_SECONDS = 60;

    private final Store store;
    private final Bodies bodies;

    @Activate
    public ApplicationRoles(@Reference Store store, @Reference Bodies bodies) {
        this.store = store;
        this.bodies = bodies;
        store.define(Role.TABLE);
    }

    @Override
    public void deploy(String application, List<Map<String, Object>> roles) {
        Map<String, Row> there = rows();
        List<Draft> drafts = new ArrayList<>();
        List<String> violations = new ArrayList<>();
        for (Map<String, Object> given : roles) {
            Map<String, Object> object = new LinkedHashMap<>(given);
            object.put(APPLICATION, application);
            try {
                String name = Role.of(object).name();
                Row before = there.remove(name);
                if (before != null && !application.equals(owner(before))) {
                    throw new Failure(
                            Failure.Code.CONFLICT,
                            "there is a role " + name + " already, of "
                                    + Objects.requireNonNullElse(owner(before), "an administrator"));
                }
                if (before == null || !object.equals(before.body().value())) {
                    drafts.add(Draft.put(
                            Role.TABLE, Role.TABLE.path(name), bodies.of(object), Attributes.NONE, expected(before)));
                }
            } catch (IllegalArgumentException wrong) {
                violations.add("role " + given.get("name") + ": " + wrong.getMessage());
            }
        }
        if (!violations.isEmpty()) {
            throw new Failure(Failure.Code.INVALID, "some of the roles are none", violations);
        }
        for (Row row : there.values()) {
            if (application.equals(owner(row))) {
                drafts.add(Draft.delete(Role.TABLE, row.path(), Attributes.NONE, expected(row)));
            }
        }
        if (!drafts.isEmpty()) {
            commit(new Write(drafts, List.of()));
        }
    }

    private static Expectation expected(@Nullable Row before) {
        return before == null ? Expectation.ABSENT : Expectation.at(Set.of(before.version()));
    }

    private static @Nullable String owner(Row row) {
        return row.body().value() instanceof Map<?, ?> map && map.get(APPLICATION) instanceof String name ? name : null;
    }

    private Map<String, Row> rows() {
        Map<String, Row> all = new LinkedHashMap<>();
        try (Snapshot snapshot = store.snapshot();
                Snapshot.Rows rows = snapshot.rows(Role.TABLE, Snapshot.Range.ALL)) {
            for (Row row = rows.next(); row != null; row = rows.next()) {
                all.put(String.valueOf(Role.TABLE.id(row.path())), row);
            }
        }
        return all;
    }

    private void commit(Write write) {
        try {
            store.commit(write).toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new Failure(Failure.Code.UNAVAILABLE, "interrupted while roles were written");
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof Failure refused) {
                throw new Failure(refused.code(), refused.reason(), refused.violations());
            }
            throw new IllegalStateException("roles cannot be written", failed);
        } catch (TimeoutException late) {
            throw new Failure(Failure.Code.UNAVAILABLE, "roles were not written within " + PATIENCE_SECONDS + " s");
        }
    }
}
