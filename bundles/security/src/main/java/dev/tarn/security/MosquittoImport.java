// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.operation.Operation;
import dev.tarn.api.resource.Context;
import dev.tarn.api.security.User;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Store;
import dev.tarn.api.store.Write;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The operation {@code mosquitto_import}: {@code passwords} and {@code acl} are the texts of the files. All of it is written at
 * once, or none. Users who are there already stay as they are; roles of an earlier import are replaced.
 */
final class MosquittoImport implements Operation {

    private static final int MOST = 100_000;

    private final Store store;
    private final Bodies bodies;
    private final StoredUsers users;

    MosquittoImport(Store store, Bodies bodies, StoredUsers users) {
        this.store = store;
        this.bodies = bodies;
        this.users = users;
    }

    @Override
    public String name() {
        return "mosquitto_import";
    }

    @Override
    public CompletionStage<Map<String, Object>> run(Context context, Map<String, Object> arguments) {
        if (!(arguments.get("passwords") instanceof String passwords)) {
            return CompletableFuture.failedStage(
                    new Failure(Failure.Code.INVALID, "passwords: is missing, the text of a password file"));
        }
        String acl = arguments.get("acl") instanceof String text ? text : null;
        return users.book()
                .blocking(() -> taken(new MosquittoFiles(passwords, acl)))
                .thenCompose(stage -> stage);
    }

    private CompletionStage<Map<String, Object>> taken(MosquittoFiles files) {
        List<Draft> drafts = new ArrayList<>();
        List<String> passedOver = new ArrayList<>(files.passedOver());
        files.users().forEach((name, hash) -> {
            if (users.book().exists(name)) {
                passedOver.add(name + ": is a user already and stays as he is");
            } else {
                StoredUser user = users.book().imported(new User(name, files.rolesOf(name), false, true), hash);
                drafts.add(Draft.put(
                        StoredUser.TABLE,
                        StoredUser.path(name),
                        user.body(bodies),
                        Attributes.NONE,
                        Expectation.ABSENT));
            }
        });
        int added = drafts.size();
        for (Map<String, Object> role : files.roles()) {
            drafts.add(Draft.put(
                    Role.TABLE,
                    Role.TABLE.path(String.valueOf(role.get("name"))),
                    bodies.of(role),
                    Attributes.NONE,
                    Expectation.ANYTHING));
        }
        if (drafts.size() > MOST) {
            return CompletableFuture.failedStage(
                    new Failure(Failure.Code.TOO_LARGE, "no more than " + MOST + " users and roles at once"));
        }
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("users", (long) added);
        told.put("roles", (long) files.roles().size());
        told.put("passedOver", passedOver);
        return drafts.isEmpty()
                ? CompletableFuture.completedStage(told)
                : store.commit(new Write(drafts, List.of())).thenApply(done -> told);
    }
}
