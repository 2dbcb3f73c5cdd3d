// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import static dev.tarn.security.TestUsers.assertRefused;
import static dev.tarn.security.TestUsers.now;
import static dev.tarn.security.TestUsers.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.security.Credentials;
import dev.tarn.api.security.Logins;
import dev.tarn.api.security.User;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens and cookies that are given for a password, in a real store. */
class GivenLoginsTest {

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
    }

    @AfterEach
    void stop() throws Exception {
        node.close();
    }

    private static Credentials.Password ada(String password) {
        return TestUsers.shown("ada", password);
    }

    private CompletionStage<User> bearer(String token) {
        return users.authenticate(new Credentials.Token(token), null);
    }

    private Logins.Pair pair() throws Exception {
        return now(logins.grant(ada("secret"), null));
    }

    @Test
    void a_password_gives_a_short_token_and_one_to_go_on_with() throws Exception {
        Logins.Pair pair = pair();
        assertThat(now(bearer(pair.access()))).isEqualTo(new User("ada", Set.of("r"), false, true));
        assertRefused(bearer(pair.refresh()));
        clock.forward(pair.accessLife());
        assertRefused(bearer(pair.access()));
        Logins.Pair next = now(logins.refresh(pair.refresh(), null));
        assertThat(now(bearer(next.access())).name()).isEqualTo("ada");
        assertThat(pair.toString() + next).doesNotContain(pair.refresh()).doesNotContain(next.access());
    }

    @Test
    void a_wrong_password_and_a_token_in_its_place_give_nothing() throws Exception {
        assertRefused(logins.grant(ada("guess"), null));
        assertRefused(logins.open(ada("guess"), null));
        String token = pair().access();
        assertRefused(logins.grant(ada(token), null));
        assertRefused(logins.open(ada(token), null));
        assertThat(now(users.authenticate(ada(token), null)).name()).isEqualTo("ada");
    }

    @Test
    void a_refresh_token_that_is_used_twice_ends_everything_that_came_from_it() throws Exception {
        Logins.Pair first = pair();
        Logins.Pair second = now(logins.refresh(first.refresh(), null));
        clock.forward(RefreshTokens.AGAIN.plusSeconds(1));
        assertRefused(logins.refresh(first.refresh(), null));
        assertRefused(logins.refresh(second.refresh(), null));
        assertRefused(bearer(second.access()));
        assertThat(now(bearer(pair().access())).name()).isEqualTo("ada");
    }

    @Test
    void who_did_not_get_the_answer_may_ask_again() throws Exception {
        Logins.Pair first = pair();
        Logins.Pair second = now(logins.refresh(first.refresh(), null));
        Logins.Pair again = now(logins.refresh(first.refresh(), null));
        assertThat(again.refresh()).isEqualTo(second.refresh());
        assertThat(now(bearer(now(logins.refresh(second.refresh(), null)).access()))
                        .name())
                .isEqualTo("ada");
    }

    @Test
    void a_refresh_token_is_over_after_its_time_and_forged_ones_are_none() throws Exception {
        Logins.Pair pair = pair();
        String[] parts = pair.refresh().split("\\.");
        for (String forged : new String[] {
            "",
            "...",
            pair.refresh() + "A",
            parts[0] + "." + parts[1] + ".2." + parts[3],
            parts[0] + "." + "0".repeat(32) + ".1." + parts[3],
            pair.access(),
            "x".repeat(10_000)
        }) {
            assertRefused(logins.refresh(forged, null));
        }
        clock.forward(pair.refreshLife());
        assertRefused(logins.refresh(pair.refresh(), null));
    }

    @Test
    void what_was_given_can_be_given_back() throws Exception {
        Logins.Pair pair = pair();
        now(logins.revoke(pair.refresh()));
        now(logins.revoke("nonsense"));
        assertRefused(logins.refresh(pair.refresh(), null));
        assertRefused(bearer(pair.access()));
    }

    @Test
    void a_browser_is_known_by_its_cookie_until_it_logs_out_or_its_time_is_over() throws Exception {
        Logins.Opened opened = now(logins.open(ada("secret"), null));
        assertThat(opened.cookie().toString()).doesNotContain(opened.cookie().secret());
        assertThat(opened.cookie().proof())
                .hasSize(43)
                .isNotEqualTo(opened.cookie().secret());
        assertThat(now(users.authenticate(opened.cookie(), null)).name()).isEqualTo("ada");
        for (String forged : new String[] {"", "x", opened.cookie().proof(), "x".repeat(10_000)}) {
            assertRefused(users.authenticate(new Credentials.Cookie(forged), null));
        }
        Logins.Opened other = now(logins.open(ada("secret"), null));
        now(logins.close(opened.cookie()));
        assertRefused(users.authenticate(opened.cookie(), null));
        assertThat(now(users.authenticate(other.cookie(), null)).name()).isEqualTo("ada");
        clock.forward(other.life());
        assertRefused(users.authenticate(other.cookie(), null));
    }

    @Test
    void another_password_or_no_user_ends_what_was_given_for_the_former() throws Exception {
        Logins.Pair pair = pair();
        Credentials.Cookie cookie = now(logins.open(ada("secret"), null)).cookie();
        clock.forward(Duration.ofSeconds(1));
        now(users.book().change("ada", Set.of("s"), null, null));
        assertThat(now(users.authenticate(cookie, null)).roles()).containsExactly("s");
        now(users.book().change("ada", null, null, utf8("other")));
        assertRefused(users.authenticate(cookie, null));
        assertRefused(logins.refresh(pair.refresh(), null));
        Credentials.Cookie later = now(logins.open(ada("other"), null)).cookie();
        Logins.Pair fresh = now(logins.grant(ada("other"), null));
        node.remove("ada");
        assertRefused(users.authenticate(later, null));
        assertRefused(logins.refresh(fresh.refresh(), null));
        assertRefused(bearer(fresh.access()));
    }
}
