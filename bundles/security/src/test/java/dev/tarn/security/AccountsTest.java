// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Table;
import dev.tarn.api.operation.Operation;
import dev.tarn.api.security.Access.Verb;
import dev.tarn.api.security.Credentials;
import dev.tarn.api.security.Rights;
import dev.tarn.api.security.User;
import dev.tarn.codec.CodecBodies;
import dev.tarn.store.XodusStore;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Users and roles as an administrator manages them, and what follows for who is logged in. */
class AccountsTest {

    private static final Table SENSORS = new Table(
            Table.DATA,
            "Sensors",
            "Sensors",
            List.of(Attribute.primaryKey("id", Attribute.Type.ID)),
            Table.Rules.DECLARED);

    @TempDir
    Path directory;

    private XodusStore store;
    private StoredUsers users;
    private RoleAccess access;
    private AuditTrail audit;
    private List<Operation> operations;

    @BeforeEach
    void start() {
        Bodies bodies = CodecBodies.standard();
        store = new XodusStore(bodies, defaults());
        Settings.Given given =
                new Settings.Given(Duration.ofMinutes(15), Duration.ofDays(30), Duration.ofHours(12), null);
        Cost cost = new Cost(1_024, 1, ScramVerifier.LEAST_ROUNDS);
        Settings settings =
                new Settings(false, "admin", "correct horse", "", cost, 2, 64, Duration.ofMinutes(5), given);
        users = new StoredUsers(store, bodies, settings, InstantSource.system());
        audit = new AuditTrail(
                store, bodies, new AuditTrail.Kept(90, 1_000_000, Set.of("Sensors")), InstantSource.system());
        users.setAudit(audit);
        access = new RoleAccess(store);
        operations = new Accounts(store, bodies, users, audit).operations();
    }

    private XodusStore.Config defaults() {
        return XodusStore.Config.class.cast(Proxy.newProxyInstance(
                XodusStore.Config.class.getClassLoader(),
                new Class<?>[] {XodusStore.Config.class},
                (proxy, method, none) -> method.getName().equals("directory")
                        ? directory.resolve("data").toString()
                        : method.getDefaultValue()));
    }

    @AfterEach
    void stop() throws Exception {
        access.close();
        audit.close();
        users.close();
        store.close();
    }

    private static <T> T now(CompletionStage<T> stage) throws Exception {
        try {
            return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof Failure refused) {
                throw refused;
            }
            throw failed;
        }
    }

    private Map<String, Object> run(String name, Map<String, Object> arguments) throws Exception {
        Operation operation = operations.stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow();
        return now(operation.run(Nobody.CONTEXT, arguments));
    }

    private User login(String name, String password) throws Exception {
        return now(users.authenticate(new Credentials.Password(name, password.getBytes(StandardCharsets.UTF_8)), null));
    }

    @Test
    void a_user_with_a_role_may_what_it_says_until_it_says_otherwise() throws Exception {
        run("role_put", Map.of("name", "reader", "tables", List.of(Map.of("table", "Sensors", "read", true))));
        run("user_put", Map.of("name", "ada", "password", "secret", "roles", "reader"));
        User ada = login("ada", "secret");
        assertThat(access.allows(ada, Verb.READ, SENSORS, "Sensors/1")).isTrue();
        assertThat(access.allows(ada, Verb.INSERT, SENSORS, "Sensors/1")).isFalse();
        Rights before = access.rights(ada, "");
        run("user_put", Map.of("name", "ada", "roles", ""));
        assertThat(access.epoch()).isNotEqualTo(before.epoch());
        assertThat(access.allows(ada, Verb.READ, SENSORS, "Sensors/1")).isFalse();
        run("user_put", Map.of("name", "ada", "administrator", "true"));
        assertThat(access.rights(ada, "").everything()).isTrue();
        run("user_remove", Map.of("name", "ada"));
        assertThat(access.rights(ada, "").known()).isFalse();
        assertThat(access.rights(ada, "").everything()).isFalse();
        assertThatThrownBy(() -> login("ada", "secret")).isInstanceOf(Failure.class);
    }

    @Test
    void roles_outlive_a_restart() throws Exception {
        run("role_put", Map.of("name", "op", "operations", List.of("status")));
        access.close();
        access = new RoleAccess(store);
        Rights rights = access.rights(new User("x", java.util.Set.of("op"), false), "");
        assertThat(rights.operation("status")).isTrue();
        assertThat(rights.operation("backup")).isFalse();
    }

    @Test
    void what_is_no_role_is_refused_and_the_old_one_stays() throws Exception {
        run("role_put", Map.of("name", "reader", "tables", List.of(Map.of("table", "Sensors", "read", true))));
        for (Map<String, Object> wrong : List.<Map<String, Object>>of(
                Map.of("name", "reader", "tabels", List.of()),
                Map.of("name", "reader", "tables", List.of(Map.of("read", true))),
                Map.of("name", "reader", "tables", List.of(Map.of("table", "Sensors", "read", "yes"))),
                Map.of("name", "reader", "tables", "all"),
                Map.of("name", "reader", "publish", List.of("a/#/b")),
                Map.of("name", "a/b"))) {
            assertThatThrownBy(() -> run("role_put", wrong))
                    .as(wrong.toString())
                    .isInstanceOfSatisfying(
                            Failure.class, refused -> assertThat(refused.code()).isEqualTo(Failure.Code.INVALID));
        }
        assertThat(access.allows(new User("x", java.util.Set.of("reader"), false), Verb.READ, SENSORS, "Sensors/1"))
                .isTrue();
    }

    @Test
    void lists_show_no_secret() throws Exception {
        run("user_put", Map.of("name", "ada", "password", "secret"));
        assertThat(run("user_list", Map.of()).toString()).contains("ada").doesNotContain("pbkdf2", "argon", "secret");
    }

    @Test
    void logins_are_written_down_with_their_outcome() throws Exception {
        login("admin", "correct horse");
        assertThatThrownBy(() -> login("admin", "wrong")).isInstanceOf(Failure.class);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        String trail = "";
        while (!(trail.contains("allowed=true") && trail.contains("allowed=false")) && System.nanoTime() < end) {
            trail = String.valueOf(run("audit_list", Map.of("most", 10)));
        }
        assertThat(trail)
                .contains("what=login", "who=admin", "allowed=true", "allowed=false")
                .doesNotContain("horse");
    }

    @Test
    void a_new_user_needs_a_password_and_a_legal_name() {
        assertThatThrownBy(() -> run("user_put", Map.of("name", "bob"))).hasMessageContaining("needs one");
        assertThatThrownBy(() -> run("user_put", Map.of("name", "a/b", "password", "x")))
                .hasMessageContaining("without + # /");
        assertThatThrownBy(() -> run("user_remove", Map.of("name", "nobody"))).isInstanceOf(Failure.class);
    }

    private User bearer(String token) throws Exception {
        return now(users.authenticate(new Credentials.Token(token), null));
    }

    @Test
    void a_token_is_a_login_until_it_is_revoked_or_its_user_is_gone() throws Exception {
        run("user_put", Map.of("name", "ada", "password", "secret"));
        Map<String, Object> issued = run("token_issue", Map.of("name", "ada", "minutes", 5));
        String token = String.valueOf(issued.get("token"));
        assertThat(bearer(token).name()).isEqualTo("ada");
        assertThat(login("ada", token).name()).isEqualTo("ada");
        assertThatThrownBy(() -> login("admin", token)).isInstanceOf(Failure.class);
        run("token_revoke", Map.of("id", String.valueOf(issued.get("id"))));
        assertThatThrownBy(() -> bearer(token)).isInstanceOf(Failure.class);
        String other = String.valueOf(run("token_issue", Map.of("name", "ada")).get("token"));
        assertThat(bearer(other).name()).isEqualTo("ada");
        run("user_remove", Map.of("name", "ada"));
        assertThatThrownBy(() -> bearer(other)).isInstanceOf(Failure.class);
    }

    @Test
    void forged_tokens_are_refused_whatever_their_head_says() throws Exception {
        run("user_put", Map.of("name", "ada", "password", "secret"));
        String token = String.valueOf(run("token_issue", Map.of("name", "ada")).get("token"));
        String[] parts = token.split("\\.");
        java.util.Base64.Encoder base64 = java.util.Base64.getUrlEncoder().withoutPadding();
        java.util.function.Function<String, String> encoded =
                text -> base64.encodeToString(text.getBytes(StandardCharsets.UTF_8));
        String claims = encoded.apply("{\"iss\":\"tarn\",\"sub\":\"admin\",\"exp\":99999999999,\"jti\":\"x\"}");
        for (String forged : List.of(
                "",
                ".",
                "..",
                "a.b.c.d",
                parts[0] + "." + parts[1],
                parts[0] + "." + parts[1] + ".",
                parts[0] + "." + claims + "." + parts[2],
                encoded.apply("{\"alg\":\"none\"}") + "." + claims + ".",
                encoded.apply("{\"alg\":\"none\"}") + "." + parts[1] + "." + parts[2],
                encoded.apply("{\"alg\":\"HS256\",\"typ\":\"JWT\"}") + "." + parts[1] + "." + parts[2],
                encoded.apply("{\"alg\":\"RS256\",\"typ\":\"JWT\"}") + "." + parts[1] + "." + parts[2],
                encoded.apply("{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":\"../../etc/passwd\"}") + "." + parts[1] + "."
                        + parts[2],
                token + "A",
                "x".repeat(100_000),
                parts[0] + "." + "A".repeat(5_000) + "." + parts[2])) {
            String shown = forged.length() > 99 ? forged.substring(0, 99) : forged;
            assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> bearer(forged)))
                    .as(shown)
                    .isInstanceOfSatisfying(
                            Failure.class,
                            refused -> assertThat(refused.code()).isEqualTo(Failure.Code.UNAUTHENTICATED));
        }
        assertThat(bearer(token).name()).isEqualTo("ada");
    }

    @Test
    void a_token_ends_when_it_says_and_the_key_outlives_a_restart() throws Exception {
        java.util.concurrent.atomic.AtomicReference<java.time.Instant> time =
                new java.util.concurrent.atomic.AtomicReference<>(java.time.Instant.now());
        InstantSource clock = () -> java.util.Objects.requireNonNull(time.get());
        Tokens tokens = new Tokens(store, CodecBodies.standard(), new KeyTable(store, CodecBodies.standard()), clock);
        String token = tokens.issue("ada", Duration.ofMinutes(1)).token();
        assertThat(new Tokens(store, CodecBodies.standard(), new KeyTable(store, CodecBodies.standard()), clock)
                        .verified(token)
                        .user())
                .isEqualTo("ada");
        time.set(clock.instant().plusSeconds(61));
        assertThatThrownBy(() -> tokens.verified(token)).isInstanceOf(Failure.class);
        assertThatThrownBy(() -> tokens.issue("ada", Duration.ofDays(1_000)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** Whoever runs the operations here; they do not look. */
    private static final class Nobody {
        static final dev.tarn.api.resource.Context CONTEXT = (dev.tarn.api.resource.Context) Proxy.newProxyInstance(
                dev.tarn.api.resource.Context.class.getClassLoader(),
                new Class<?>[] {dev.tarn.api.resource.Context.class},
                (proxy, method, none) -> {
                    throw new UnsupportedOperationException(method.getName());
                });
    }
}
