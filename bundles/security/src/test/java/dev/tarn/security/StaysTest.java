// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import static dev.tarn.security.TestUsers.now;
import static dev.tarn.security.TestUsers.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.security.Credentials;
import dev.tarn.api.security.Grounds;
import dev.tarn.api.security.Logins;
import dev.tarn.api.security.User;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who is here stays as long as what let him in holds, in a real store. */
class StaysTest {

    @TempDir
    Path directory;

    private TestUsers node;
    private StoredUsers users;
    private Logins logins;
    private TestClock clock;

    @BeforeEach
    void start() throws Exception {
        node = new TestUsers(directory);
        users = node.users;
        logins = node.logins;
        clock = node.clock;
        node.add("ada");
        node.add("bob");
    }

    @AfterEach
    void stop() throws Exception {
        node.close();
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
        return TestUsers.shown(name, "secret");
    }

    private Credentials.Token token(String name) throws Exception {
        return new Credentials.Token(now(logins.grant(password(name), null)).access());
    }

    /** What is looked at is looked at in order: when a later one has gone, an earlier one that is here has been kept. */
    private void assertKept(CompletableFuture<String> gone) throws Exception {
        String id = Tokens.id();
        Credentials.Token last = new Credentials.Token(users.book()
                .given()
                .tokens()
                .issue("bob", Duration.ofMinutes(5), id)
                .token());
        CompletableFuture<String> later = stay(last);
        now(users.book().given().tokens().revoke(id));
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
        node.remove("ada");
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
        now(users.book().change("ada", Set.of("other"), null, null));
        assertKept(word);
        assertKept(cookie);
        clock.forward(Duration.ofSeconds(1));
        now(users.book().change("ada", null, null, utf8("changed")));
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
