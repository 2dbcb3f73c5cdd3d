// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.security.Credentials;
import dev.tarn.api.security.Logins;
import dev.tarn.api.security.User;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Write;
import dev.tarn.codec.CodecBodies;
import dev.tarn.store.XodusStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** Users whose passwords are cheap to hash, in a real store, and the clock that they go by. */
final class TestUsers implements AutoCloseable {

    final Bodies bodies = CodecBodies.standard();
    final TestClock clock = new TestClock();
    final XodusStore store;
    final StoredUsers users;
    final Logins logins;

    TestUsers(Path directory) {
        store = new XodusStore(
                bodies,
                Configured.with(
                        XodusStore.Config.class,
                        Map.of("directory", directory.resolve("store").toString())));
        Map<String, Object> settings = Map.of(
                "administrator_password",
                "right",
                "argon2_memory",
                1_024,
                "argon2_passes",
                1,
                "scram_rounds",
                ScramVerifier.LEAST_ROUNDS);
        users = new StoredUsers(store, bodies, Settings.of(Configured.with(StoredUsers.Config.class, settings)), clock);
        logins = new GivenLogins(users);
    }

    @Override
    public void close() throws Exception {
        users.close();
        store.close();
    }

    /** A user with the role {@code r} and the password {@code secret}. */
    void add(String name) throws Exception {
        now(users.put(new User(name, Set.of("r"), false), utf8("secret")));
    }

    void remove(String name) throws Exception {
        now(store.commit(
                Write.of(Draft.delete(StoredUser.TABLE, StoredUser.path(name), Attributes.NONE, Expectation.PRESENT))));
    }

    static Credentials.Password shown(String name, String password) {
        return new Credentials.Password(name, utf8(password));
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static <T> T now(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    static void assertRefused(CompletionStage<?> stage) {
        Throwable thrown = catchThrowable(() -> now(stage));
        assertThat(thrown).isInstanceOf(ExecutionException.class).hasCauseInstanceOf(Failure.class);
        assertThat(((Failure) thrown.getCause()).code()).isEqualTo(Failure.Code.UNAUTHENTICATED);
    }
}
