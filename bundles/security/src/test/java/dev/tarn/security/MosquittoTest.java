// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.security.Access.Verb;
import dev.tarn.api.security.Credentials;
import dev.tarn.api.security.TableRights;
import dev.tarn.api.security.User;
import dev.tarn.codec.CodecBodies;
import dev.tarn.store.XodusStore;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that mosquitto_passwd 2.0 has written, and rules as mosquitto.conf(5) has them. */
class MosquittoTest {

    private static final String PASSWORDS = """
            # users
            ada:$7$101$+swMXeD+TEXHFSBy$gsCwmSh09n9erLhpcPmsuAk557ptwfrYvryYpnC7TEhbAlHd8odcyPBc11P+JNBDY6meZoFjM88n46vdStU2zw==
            bob:$7$101$6Rg9qS93qWM3vmWm$0iFiaKnn4G6xjoNzsI3pl+qY/WJUWmoq1Gsqjeq+BvgRBYtI0pWAMfytwAuqA/iEhzBq6/MiiYxx789+rZabbg==

            old:$6$6ITJ9rNkxg5kJMFt$0m3nXuloPWz+fB7WQVszYKSwH9i8HDG9as8Qy5Z1coKXEn4RsNlLtQq5xLChnkjigKTjxI47zE/degdIFOr0vQ==
            """;

    private static final String RULES = """
            # whoever has no name
            topic read public/#
            user ada
            topic readwrite sensors/+/temp
            topic read $SYS/#
            topic write with space/x
            topic home
            user bob
            topic deny secret/#
            topic read up/%u
            pattern write devices/%c/up
            pattern read devices/%u/#
            """;

    @TempDir
    Path directory;

    private final Bodies bodies = CodecBodies.standard();
    private XodusStore store;
    private StoredUsers users;
    private RoleAccess access;

    @BeforeEach
    void start() {
        store = new XodusStore(
                bodies, Configured.with(XodusStore.Config.class, Map.of("directory", directory.toString())));
        Map<String, Object> settings = Map.of(
                "administrator_password", "right", "argon2_memory", 1_024, "scram_rounds", ScramVerifier.LEAST_ROUNDS);
        users = new StoredUsers(
                store,
                bodies,
                Settings.of(Configured.with(StoredUsers.Config.class, settings)),
                InstantSource.system());
        access = new RoleAccess(store);
    }

    @AfterEach
    void stop() throws Exception {
        access.close();
        users.close();
        store.close();
    }

    private static <T> T now(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    private Map<String, Object> run(Map<String, Object> given) throws Exception {
        Context nobody = (Context) Proxy.newProxyInstance(
                Context.class.getClassLoader(), new Class<?>[] {Context.class}, (proxy, method, none) -> {
                    throw new UnsupportedOperationException(method.getName());
                });
        return now(new MosquittoImport(store, bodies, users).run(nobody, given));
    }

    private User login(String name, String password) throws Exception {
        return now(users.authenticate(new Credentials.Password(name, password.getBytes(StandardCharsets.UTF_8)), null));
    }

    @Test
    void users_log_in_with_their_passwords_and_may_what_they_might() throws Exception {
        Map<String, Object> told = run(Map.of("passwords", PASSWORDS, "acl", RULES));
        assertThat(told).containsEntry("users", 3L).containsEntry("roles", 2L);
        assertThat(String.valueOf(told.get("passedOver")))
                .contains("acl:2: a rule for who has no name")
                .contains("acl:9: 'deny' is not there")
                .contains("acl:10: %u and %c mean themselves");
        assertThat(login("bob", "höher").roles()).containsExactly("mosquitto-patterns");
        assertThat(login("old", "secret").roles()).containsExactly("mosquitto-patterns");
        User ada = login("ada", "secret");
        assertThat(ada.roles()).containsExactlyInAnyOrder("mosquitto-ada", "mosquitto-patterns");
        Table topics = new Table(Table.DATA, "topics", "", List.of(), Table.Rules.OPAQUE);
        TableRights rights = access.rights(ada, "c1").of(topics);
        assertThat(rights.allows(Verb.PUBLISH, "sensors/1/temp")).isTrue();
        assertThat(rights.allows(Verb.SUBSCRIBE, "sensors/+/temp")).isTrue();
        assertThat(rights.allows(Verb.SUBSCRIBE, "$SYS/broker/load")).isTrue();
        assertThat(rights.allows(Verb.PUBLISH, "$SYS/broker/load")).isFalse();
        assertThat(rights.allows(Verb.PUBLISH, "with space/x")).isTrue();
        assertThat(rights.allows(Verb.SUBSCRIBE, "with space/x")).isFalse();
        assertThat(rights.allows(Verb.PUBLISH, "home")).isTrue();
        assertThat(rights.allows(Verb.PUBLISH, "devices/c1/up")).isTrue();
        assertThat(rights.allows(Verb.PUBLISH, "devices/c2/up")).isFalse();
        assertThat(rights.allows(Verb.SUBSCRIBE, "devices/ada/#")).isTrue();
        assertThat(rights.allows(Verb.SUBSCRIBE, "devices/bob/#")).isFalse();
        assertThat(rights.allows(Verb.SUBSCRIBE, "public/x")).isFalse();
    }

    @Test
    void who_is_there_stays_as_he_is_and_what_is_wrong_is_said() throws Exception {
        String passwords = "admin:" + PASSWORDS.lines().toList().get(1).substring(4)
                + "\nplain:secret\n:$7$\nbad/name:$7$101$AAAA$AAAA\nshort:$7$101$AAAA$AAAA\nfast:$7$0$AAAA$AAAA\n";
        Map<String, Object> told = run(Map.of("passwords", passwords));
        assertThat(told).containsEntry("users", 0L);
        assertThat((List<?>) told.get("passedOver")).hasSize(6);
        assertThat(login("admin", "right").administrator()).isTrue();
    }
}
