// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.security.User;
import java.time.Instant;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The users, what they are given and the threads that look at them: what stands behind logins and behind those who look after
 * users. Safe on any thread.
 */
final class UserBook implements AutoCloseable {

    /** Logins that may wait for a look into the store, which takes a tenth of a millisecond. */
    private static final int WAITING_LOOKS = 20_000;

    private final UserTable table;
    private final TokenLogins.Given given;
    private final LoginTrail trail;
    private final LoginThreads hashing;
    private final LoginThreads looks = new LoginThreads("tarn-logins", 2, WAITING_LOOKS);

    /** @param hashing where passwords are hashed; closed with this */
    UserBook(UserTable table, TokenLogins.Given given, LoginTrail trail, LoginThreads hashing) {
        this.table = table;
        this.given = given;
        this.trail = trail;
        this.hashing = hashing;
    }

    /** Ends the threads; what waits there fails with UNAVAILABLE. */
    @Override
    public void close() {
        hashing.close();
        looks.close();
    }

    TokenLogins.Given given() {
        return given;
    }

    LoginTrail trail() {
        return trail;
    }

    /** The threads that look into the store. */
    LoginThreads looks() {
        return looks;
    }

    /** Runs something that looks into the store. */
    <T> CompletionStage<T> blocking(Supplier<T> work) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        looks.run(answer, work);
        return answer;
    }

    /**
     * Creates a user or changes him. The stage completes when that is durable.
     *
     * @param roles null to leave them
     * @param administrator null to leave it
     * @param password null to leave it; wiped
     */
    CompletionStage<User> change(
            String name, @Nullable Set<String> roles, @Nullable Boolean administrator, byte @Nullable [] password) {
        CompletableFuture<CompletionStage<User>> written = new CompletableFuture<>();
        hashing.run(written, () -> table.change(name, roles, administrator, password));
        return written.thenCompose(stage -> stage);
    }

    /** Creates a user or replaces him; see {@link StoredUsers#put}. */
    CompletionStage<User> put(User user, byte[] password) {
        try {
            return table.put(user, password);
        } finally {
            Arrays.fill(password, (byte) 0);
        }
    }

    /** A user whose password is known as a hash only, until he logs in. */
    StoredUser imported(User user, PasswordHash hash) {
        return table.imported(user, hash);
    }

    /** Whether there is a user of this name. Blocks. */
    boolean exists(String name) {
        return StoredUser.legal(name) && table.find(name) != null;
    }

    /** Since when the user has his password; null when there is no such user. Blocks. */
    @Nullable
    Instant since(String name) {
        UserTable.Entry entry = table.find(name);
        return entry == null ? null : entry.stored().since();
    }
}
