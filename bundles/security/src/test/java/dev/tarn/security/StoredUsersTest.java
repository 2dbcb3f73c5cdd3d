// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.security.Credentials;
import dev.tarn.api.security.Mechanisms;
import dev.tarn.api.security.User;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Write;
import dev.tarn.codec.CodecBodies;
import dev.tarn.store.XodusStore;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Users in a real store. */
class StoredUsersTest {

    private static final InetSocketAddress NEAR = new InetSocketAddress("127.0.0.1", 4711);
    private static final InetSocketAddress FAR = new InetSocketAddress("192.0.2.1", 4711);

    @TempDir
    Path directory;

    private final Bodies bodies = CodecBodies.standard();
    private final TestClock clock = new TestClock();
    private XodusStore store;
    private final List<AutoCloseable> opened = new ArrayList<>();

    @BeforeEach
    void open() {
        store = new XodusStore(
                bodies,
                Configured.with(
                        XodusStore.Config.class,
                        Map.of("directory", directory.resolve("store").toString())));
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable users : opened) {
            users.close();
        }
        store.close();
    }

    private StoredUsers users(Object... given) {
        Map<String, Object> values = new HashMap<>();
        values.put("directory", directory.toString());
        values.put("argon2_memory", 1_024);
        values.put("argon2_passes", 1);
        values.put("scram_rounds", ScramVerifier.LEAST_ROUNDS);
        for (int i = 0; i < given.length; i += 2) {
            values.put((String) given[i], given[i + 1]);
        }
        StoredUsers users =
                new StoredUsers(store, bodies, Settings.of(Configured.with(StoredUsers.Config.class, values)), clock);
        opened.add(users::close);
        return users;
    }

    private static Credentials.Password shown(String name, String password) {
        return new Credentials.Password(name, password.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static <T> T now(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    private static Failure refused(CompletionStage<User> stage) {
        Throwable thrown = catchThrowable(() -> now(stage));
        assertThat(thrown).isInstanceOf(ExecutionException.class).hasCauseInstanceOf(Failure.class);
        return (Failure) thrown.getCause();
    }

    private void assertRight(StoredUsers users, String name, String password) throws Exception {
        assertThat(now(users.authenticate(shown(name, password), FAR)).name()).isEqualTo(name);
    }

    private void assertWrong(StoredUsers users, String name, String password) {
        Failure failure = refused(users.authenticate(shown(name, password), FAR));
        assertThat(failure.code()).isEqualTo(Failure.Code.UNAUTHENTICATED);
        assertThat(failure.reason()).isEqualTo("wrong name or password");
    }

    private String[] file() throws IOException {
        return Files.readString(directory.resolve(FirstAdministrator.FILE))
                .strip()
                .split(" ");
    }

    @Test
    void the_first_start_makes_an_administrator_with_a_random_password_in_a_file_of_the_owner() throws Exception {
        StoredUsers users = users();
        String[] line = file();
        assertThat(line[0]).isEqualTo("admin");
        assertThat(line[1]).matches("([0-9a-hjkmnp-tv-z]{4}-){6}[0-9a-hjkmnp-tv-z]{4}");
        Path file = directory.resolve(FirstAdministrator.FILE);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        User admin = now(users.authenticate(shown("admin", line[1]), FAR));
        assertThat(admin).isEqualTo(new User("admin", Set.of(), true, true));
        assertWrong(users, "admin", "admin");
        assertWrong(users, "admin", "");
    }

    @Test
    void a_second_start_leaves_the_administrator_alone() throws Exception {
        users().close();
        String[] line = file();
        Files.delete(directory.resolve(FirstAdministrator.FILE));
        assertRight(users(), "admin", line[1]);
        assertThat(directory.resolve(FirstAdministrator.FILE)).doesNotExist();
    }

    @Test
    void a_password_made_up_is_in_the_store_as_a_hash_only() throws Exception {
        users();
        byte[] secret = utf8(file()[1]);
        try (var rows = Files.walk(directory.resolve("store"))) {
            for (Path file : rows.filter(Files::isRegularFile).toList()) {
                assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                        .doesNotContain(new String(secret, StandardCharsets.ISO_8859_1));
            }
        }
    }

    @Test
    void a_configured_password_holds_from_each_start_on_and_no_file_is_written() throws Exception {
        StoredUsers first = users("administrator_password", "one", "administrator_name", "root");
        assertRight(first, "root", "one");
        first.close();
        StoredUsers second = users("administrator_password", "two", "administrator_name", "root");
        assertRight(second, "root", "two");
        assertWrong(second, "root", "one");
        second.close();
        assertRight(users(), "root", "two");
        assertThat(directory.resolve(FirstAdministrator.FILE)).doesNotExist();
    }

    @Test
    void without_a_directory_there_is_no_first_start() {
        assertThatThrownBy(() -> users("directory", ""))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("security.administrator.password");
    }

    @Test
    void a_user_is_known_by_his_password_and_has_his_roles() throws Exception {
        StoredUsers users = users();
        User ada = new User("ada", Set.of("reader", "writer"), false, true);
        byte[] password = utf8("pässword");
        now(users.put(ada, password));
        assertThat(password).containsOnly(0);
        assertThat(now(users.authenticate(shown("ada", "pässword"), FAR))).isEqualTo(ada);
        assertWrong(users, "ada", "passwort");
        assertWrong(users, "bob", "pässword");
        assertWrong(users, "Ada", "pässword");
    }

    @Test
    void names_that_nobody_can_have_are_wrong_like_any_other() {
        StoredUsers users = users();
        for (String name : List.of("", "#", "a/#", "+", "a/b", "\u0000", "\uD800", "x".repeat(1_000_000))) {
            assertWrong(users, name, "x");
        }
    }

    @Test
    void a_long_password_is_refused_unhashed_and_every_secret_is_wiped() throws Exception {
        StoredUsers users = users();
        for (int length : new int[] {1, 1_024, 1_025, 65_536}) {
            Credentials.Password password = shown("admin", "x".repeat(length));
            assertThat(refused(users.authenticate(password, FAR)).code()).isEqualTo(Failure.Code.UNAUTHENTICATED);
            assertThat(password.secret()).containsOnly(0);
        }
        Credentials.Password right = shown("admin", file()[1]);
        now(users.authenticate(right, FAR));
        assertThat(right.secret()).containsOnly(0);
        Credentials.Password known = shown("admin", file()[1]);
        now(users.authenticate(known, FAR));
        assertThat(known.secret()).containsOnly(0);
    }

    @Test
    void a_changed_password_is_noticed_at_once_though_the_old_one_was_known() throws Exception {
        StoredUsers users = users();
        User ada = new User("ada", Set.of(), false, true);
        now(users.put(ada, utf8("old")));
        assertRight(users, "ada", "old");
        now(users.put(ada, utf8("new")));
        assertWrong(users, "ada", "old");
        assertRight(users, "ada", "new");
    }

    @Test
    void a_removed_user_is_noticed_at_once() throws Exception {
        StoredUsers users = users();
        now(users.put(new User("ada", Set.of(), false), utf8("x")));
        assertRight(users, "ada", "x");
        now(store.commit(Write.of(
                Draft.delete(StoredUser.TABLE, StoredUser.path("ada"), Attributes.NONE, Expectation.ANYTHING))));
        assertWrong(users, "ada", "x");
    }

    @Test
    void a_hash_of_other_cost_is_made_anew_with_the_right_password() throws Exception {
        StoredUsers before = users();
        now(before.put(new User("ada", Set.of("r"), false), utf8("x")));
        before.close();
        StoredUsers after = users("argon2_memory", 1_100);
        assertRight(after, "ada", "x");
        Cost cost = new Cost(1_100, 1, ScramVerifier.LEAST_ROUNDS);
        UserTable table = new UserTable(store, bodies, cost, clock);
        CompletableFuture<Void> refreshed = new CompletableFuture<>();
        try (AutoCloseable watching = table.observe(name -> refreshed.complete(null))) {
            assertThat(watching).isNotNull();
            if (!table.find("ada").stored().password().current(cost)) {
                refreshed.get(30, TimeUnit.SECONDS);
            }
        }
        assertThat(table.find("ada").stored().password().current(cost)).isTrue();
        assertThat(table.find("ada").stored().user().roles()).containsExactly("r");
        assertThat(table.find("ada").stored().created()).isEqualTo(clock.instant());
        assertRight(after, "ada", "x");
    }

    /** Shows a name and a password in several messages. */
    private static CompletionStage<User> scram(StoredUsers users, String name, String password) {
        ScramClient client = new ScramClient(name, password);
        Mechanisms.Dialogue dialogue = users.begin("SCRAM-SHA-256", FAR);
        return dialogue.next(utf8(client.first()))
                .thenCompose(
                        step -> dialogue.next(utf8(client.proof(new String(step.message(), StandardCharsets.UTF_8)))))
                .thenApply(Mechanisms.Step::user);
    }

    @Test
    void scram_lets_in_who_has_the_password_and_nobody_else() throws Exception {
        StoredUsers users = users("administrator_password", "right");
        assertThat(users.names()).containsExactly("SCRAM-SHA-256");
        assertThat(now(scram(users, "admin", "right")).administrator()).isTrue();
        assertThat(refused(scram(users, "nobody", "right")).reason()).isEqualTo("wrong name or password");
        for (int i = 0; i < BackOff.FREE; i++) {
            assertThat(refused(scram(users, "admin", "wrong")).code()).isEqualTo(Failure.Code.UNAUTHENTICATED);
        }
        assertThat(refused(scram(users, "admin", "right")).code()).isEqualTo(Failure.Code.BUSY);
        assertThatThrownBy(() -> users.begin("SCRAM-SHA-1", FAR)).isInstanceOf(Failure.class);
    }

    private void adopt(StoredUsers users, String name, PasswordHash hash) throws Exception {
        StoredUser user = users.book().imported(new User(name, Set.of(), false, true), hash);
        now(store.commit(Write.of(Draft.put(
                StoredUser.TABLE, StoredUser.path(name), user.body(bodies), Attributes.NONE, Expectation.ABSENT))));
    }

    @Test
    void an_imported_hash_is_for_plain_passwords_until_the_first_login_has_replaced_it() throws Exception {
        StoredUsers users = users("administrator_password", "right", "remember_seconds", 0);
        Cost cost = new Cost(1_024, 1, ScramVerifier.LEAST_ROUNDS);
        UserTable table = new UserTable(store, bodies, cost, clock);
        byte[] salt = utf8("salt");
        adopt(users, "old", new Sha512Hash(salt, Secrets.digest("SHA-512", utf8("x"), salt)));
        adopt(users, "new", new Pbkdf2Hash(101, salt, Secrets.pbkdf2("HmacSHA512", utf8("y"), salt, 101, 64)));
        assertThat(refused(scram(users, "old", "x")).code()).isEqualTo(Failure.Code.UNAUTHENTICATED);
        assertWrong(users, "old", "y");
        for (String name : List.of("old", "new")) {
            CompletableFuture<Void> refreshed = new CompletableFuture<>();
            try (AutoCloseable watching = table.observe(changed -> refreshed.complete(null))) {
                assertThat(watching).isNotNull();
                assertRight(users, name, name.equals("old") ? "x" : "y");
                refreshed.get(30, TimeUnit.SECONDS);
            }
            assertThat(table.find(name).stored().password().current(cost)).isTrue();
        }
        assertThat(now(scram(users, "old", "x")).name()).isEqualTo("old");
        assertRight(users, "new", "y");
    }

    @Test
    void wrong_passwords_make_the_next_attempt_wait_even_with_the_right_one() throws Exception {
        StoredUsers users = users("administrator_password", "right", "remember_seconds", 0);
        for (int i = 0; i < BackOff.FREE; i++) {
            assertWrong(users, "admin", "wrong" + i);
        }
        Failure failure = refused(users.authenticate(shown("admin", "right"), FAR));
        assertThat(failure.code()).isEqualTo(Failure.Code.BUSY);
        assertThat(failure.reason()).contains("try again in");
        assertThat(now(users.authenticate(shown("admin", "right"), NEAR)).name())
                .isEqualTo("admin");
        clock.forward(Duration.ofSeconds(2));
        assertRight(users, "admin", "right");
        assertRight(users, "admin", "right");
    }

    @Test
    void who_was_right_lately_does_not_wait_for_others_mistakes() throws Exception {
        StoredUsers users = users("administrator_password", "right");
        assertRight(users, "admin", "right");
        for (int i = 0; i < BackOff.FREE; i++) {
            assertWrong(users, "admin", "wrong" + i);
        }
        assertRight(users, "admin", "right");
    }

    @Test
    void a_thousand_at_once_are_hashed_once_or_told_to_come_back() throws Exception {
        StoredUsers users = users("administrator_password", "right", "threads", 1, "queue", 4, "argon2_memory", 19_456);
        List<CompletionStage<User>> same = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            same.add(users.authenticate(shown("admin", "right"), FAR));
        }
        for (CompletionStage<User> stage : same) {
            assertThat(now(stage).name()).isEqualTo("admin");
        }
        List<CompletionStage<User>> different = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            different.add(users.authenticate(shown("user" + i, "wrong"), FAR));
        }
        Map<Failure.Code, Integer> codes = new HashMap<>();
        for (CompletionStage<User> stage : different) {
            codes.merge(refused(stage).code(), 1, Integer::sum);
        }
        assertThat(codes).containsOnlyKeys(Failure.Code.UNAUTHENTICATED, Failure.Code.BUSY);
        assertThat(codes.get(Failure.Code.BUSY)).isGreaterThan(900);
    }

    @Test
    void a_name_that_does_not_exist_takes_as_long_as_one_that_does() throws Exception {
        StoredUsers users = users("argon2_memory", 19_456, "administrator_password", "right", "threads", 1);
        assertWrong(users, "warm", "wrong");
        long known = work(users, "admin");
        long unknown = work(users, "nobody");
        assertThat((double) unknown / known).isBetween(0.2, 5.0);
    }

    /** The processor time of a few wrong attempts, which is the same however busy the machine is. */
    private long work(StoredUsers users, String name) {
        long before = hashing();
        for (int i = 0; i < BackOff.FREE - 1; i++) {
            assertWrong(users, name, "wrong" + i);
        }
        return hashing() - before;
    }

    /** What the thread that hashes has used so far. */
    private static long hashing() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long nanos = 0;
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().startsWith("tarn-passwords")) {
                nanos += Math.max(0, threads.getThreadCpuTime(thread.getId()));
            }
        }
        return nanos;
    }

    @Test
    void nothing_shown_is_refused_in_mode_start_wherever_it_comes_from() {
        StoredUsers users = users();
        for (InetSocketAddress from : List.of(NEAR, FAR)) {
            assertThat(refused(users.authenticate(new Credentials.Nothing(), from))
                            .code())
                    .isEqualTo(Failure.Code.UNAUTHENTICATED);
        }
    }

    @Test
    void nothing_shown_is_an_administrator_in_mode_dev_from_this_machine_only() throws Exception {
        for (StoredUsers users : List.of(users("mode", "dev"), users("anonymous", "administrator"))) {
            for (String near : List.of("127.0.0.1", "127.9.9.9", "::1")) {
                User user = now(users.authenticate(new Credentials.Nothing(), new InetSocketAddress(near, 1)));
                assertThat(user.administrator()).isTrue();
            }
            for (String far : List.of("192.0.2.1", "2001:db8::1", "0.0.0.0", "10.0.0.1")) {
                assertThat(refused(users.authenticate(new Credentials.Nothing(), new InetSocketAddress(far, 1)))
                                .code())
                        .isEqualTo(Failure.Code.UNAUTHENTICATED);
            }
            assertThat(refused(users.authenticate(new Credentials.Nothing(), null))
                            .code())
                    .isEqualTo(Failure.Code.UNAUTHENTICATED);
            assertWrong(users, "admin", "x");
        }
        assertThat(directory.resolve(FirstAdministrator.FILE)).doesNotExist();
    }

    @Test
    void a_start_after_dev_makes_the_administrator() throws Exception {
        users("mode", "dev").close();
        StoredUsers users = users();
        assertRight(users, "admin", file()[1]);
    }

    @Test
    void tokens_are_refused() {
        assertThat(refused(users().authenticate(new Credentials.Token("x"), FAR))
                        .code())
                .isEqualTo(Failure.Code.UNAUTHENTICATED);
    }

    @Test
    void after_the_end_attempts_are_refused_and_none_is_left_without_an_answer() throws Exception {
        StoredUsers users = users("threads", 1, "argon2_memory", 19_456, "argon2_passes", 4);
        List<CompletionStage<User>> stages = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            stages.add(users.authenticate(shown("user" + i, "x"), FAR));
        }
        users.close();
        stages.add(users.authenticate(shown("late", "x"), FAR));
        List<Failure.Code> codes = new ArrayList<>();
        for (CompletionStage<User> stage : stages) {
            codes.add(refused(stage).code());
        }
        assertThat(codes).contains(Failure.Code.UNAVAILABLE).endsWith(Failure.Code.UNAVAILABLE);
    }

    @Test
    void a_broken_row_locks_that_user_out_and_nobody_else() throws Exception {
        StoredUsers users = users("administrator_password", "right");
        now(store.commit(Write.of(Draft.put(
                StoredUser.TABLE,
                StoredUser.path("broken"),
                bodies.of(Map.of("name", "broken", "password", "plain", "created", Instant.EPOCH)),
                Attributes.NONE,
                Expectation.ANYTHING))));
        assertWrong(users, "broken", "plain");
        assertRight(users, "admin", "right");
        users.close();
        assertRight(users(), "admin", "right");
    }

    @Test
    void a_wrong_configuration_says_which_key() {
        assertThatThrownBy(() -> users("mode", "open")).hasMessageContaining("mode must be start or dev");
        assertThatThrownBy(() -> users("anonymous", "yes")).hasMessageContaining("anonymous must be");
        assertThatThrownBy(() -> users("argon2_memory", 1)).hasMessageContaining("argon2.memory");
        assertThatThrownBy(() -> users("argon2_passes", 0)).hasMessageContaining("argon2.passes");
        assertThatThrownBy(() -> users("scram_rounds", 1)).hasMessageContaining("scram.rounds");
        assertThatThrownBy(() -> users("administrator_name", "a/#")).hasMessageContaining("administrator.name");
    }
}
