// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.security.Credentials;
import dev.tarn.api.security.Grounds;
import dev.tarn.api.security.Logins;
import dev.tarn.api.security.User;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Write;
import dev.tarn.codec.CodecBodies;
import dev.tarn.store.XodusStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who is here stays as long as what let him in holds, in a real store. */
class StaysTest {

    @TempDir
    Path directory;

    private final Bodies bodies = CodecBodies.standard();
    private final TestClock clock = new TestClock();
    private XodusStore store;
    private StoredUsers users;
    private Logins logins;

    @BeforeEach
    void start() throws Exception {
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
        now(users.put(new User("ada", Set.of("r"), false), utf8("secret")));
        now(users.put(new User("bob", Set.of("r"), false), utf8("secret")));
    }

    @AfterEach
    void stop() throws Exception {
        users.close();
        store.close();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static <T> T now(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    /** Somebody who is here; completes when he has to go. */
    private CompletableFuture<String> stay(Credentials shown) throws Exception {
        User user = now(users.authenticate(shown, null));
        CompletableFuture<String> gone = new CompletableFuture<>();
        AutoCloseable watch = users.watch(user, () -> gone.complete(user.name()));
        assertThat(watch).isNotNull();
        return gone;
    }

    private static Credentials.Password password(String name) {
        return new Credentials.Password(name, utf8("secret"));
    }

    private Credentials.Token token(String name) throws Exception {
        return new Credentials.Token(now(logins.grant(password(name), null)).access());
    }

    /** What is looked at is looked at in order: when a later one has gone, an earlier one that is here has been kept. */
    private void assertKept(CompletableFuture<String> gone) throws Exception {
        String id = Tokens.id();
        Credentials.Token last = new Credentials.Token(
                users.tokens().issue("bob", Duration.ofMinutes(5), id).token());
        CompletableFuture<String> later = stay(last);
        now(users.tokens().revoke(id));
        now(later);
        assertThat(gone).isNotDone();
    }

    @Test
    void a_token_that_is_revoked_takes_its_connections_along_and_no_others() throws Exception {
        Logins.Pair pair = now(logins.grant(password("ada"), null));
        CompletableFuture<String> with = stay(new Credentials.Token(pair.access()));
        CompletableFuture<String> again = stay(new Credentials.Token(pair.access()));
        CompletableFuture<String> other = stay(token("ada"));
        CompletableFuture<String> word = stay(password("ada"));
        now(logins.revoke(pair.refresh()));
        assertThat(now(with)).isEqualTo("ada");
        assertThat(now(again)).isEqualTo("ada");
        assertKept(other);
        assertKept(word);
    }

    @Test
    void a_removed_user_takes_all_along() throws Exception {
        CompletableFuture<String> word = stay(password("ada"));
        CompletableFuture<String> token = stay(token("ada"));
        CompletableFuture<String> cookie =
                stay(now(logins.open(password("ada"), null)).cookie());
        CompletableFuture<String> other = stay(password("bob"));
        now(store.commit(Write.of(
                Draft.delete(StoredUser.TABLE, StoredUser.path("ada"), Attributes.NONE, Expectation.PRESENT))));
        assertThat(now(word)).isEqualTo("ada");
        assertThat(now(token)).isEqualTo("ada");
        assertThat(now(cookie)).isEqualTo("ada");
        assertKept(other);
    }

    @Test
    void another_password_ends_what_the_first_let_in_and_another_role_does_not() throws Exception {
        CompletableFuture<String> word = stay(password("ada"));
        CompletableFuture<String> cookie =
                stay(now(logins.open(password("ada"), null)).cookie());
        CompletableFuture<String> token = stay(token("ada"));
        now(users.change("ada", Set.of("other"), null, null));
        assertKept(word);
        assertKept(cookie);
        clock.forward(Duration.ofSeconds(1));
        now(users.change("ada", null, null, utf8("changed")));
        assertThat(now(word)).isEqualTo("ada");
        assertThat(now(cookie)).isEqualTo("ada");
        assertKept(token);
    }

    @Test
    void who_logs_out_of_a_browser_is_gone_from_its_connections() throws Exception {
        Credentials.Cookie cookie = now(logins.open(password("ada"), null)).cookie();
        CompletableFuture<String> gone = stay(cookie);
        now(logins.close(cookie));
        assertThat(now(gone)).isEqualTo("ada");
    }

    @Test
    void what_changed_between_login_and_watch_is_told_as_well() throws Exception {
        Logins.Pair pair = now(logins.grant(password("ada"), null));
        User user = now(users.authenticate(new Credentials.Token(pair.access()), null));
        now(logins.revoke(pair.refresh()));
        CompletableFuture<String> gone = new CompletableFuture<>();
        AutoCloseable watch = users.watch(user, () -> gone.complete(user.name()));
        assertThat(now(gone)).isEqualTo("ada");
        watch.close();
    }

    @Test
    void what_cannot_be_looked_up_does_not_hold() throws Exception {
        Stays stays = new Stays(user -> {
            throw new IllegalStateException("no store");
        });
        CompletableFuture<String> gone = new CompletableFuture<>();
        try (stays;
                AutoCloseable watch = stays.begin(new User("ada", Set.of(), false, true), () -> gone.complete("ada"))) {
            assertThat(watch).isNotNull();
            assertThat(now(gone)).isEqualTo("ada");
        }
    }

    @Test
    void grounds_say_what_and_until_when_and_no_secret() throws Exception {
        Logins.Pair pair = now(logins.grant(password("ada"), null));
        Grounds token = now(users.authenticate(new Credentials.Token(pair.access()), null))
                .grounds();
        assertThat(token.by()).isEqualTo(Grounds.By.TOKEN);
        assertThat(token.over(clock.instant())).isFalse();
        assertThat(token.over(clock.instant().plus(pair.accessLife()))).isTrue();
        Logins.Opened opened = now(logins.open(password("ada"), null));
        Grounds cookie = now(users.authenticate(opened.cookie(), null)).grounds();
        assertThat(cookie.toString()).doesNotContain(opened.cookie().secret());
        assertThat(cookie.over(clock.instant().plus(opened.life()))).isTrue();
    }
}
