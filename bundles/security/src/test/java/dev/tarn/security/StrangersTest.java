// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import static dev.tarn.security.TestUsers.now;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Table;
import dev.tarn.api.security.Access;
import dev.tarn.api.security.User;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Write;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What those who do not belong here try, and what is done when nothing is said about somebody. */
class StrangersTest {

    private static final InetSocketAddress STRANGER = new InetSocketAddress("192.0.2.1", 4711);
    private static final InetSocketAddress OTHER = new InetSocketAddress("192.0.2.2", 4711);

    private static final Table SENSORS = new Table(
            Table.DATA,
            "Sensors",
            "Sensors",
            List.of(Attribute.primaryKey("id", Attribute.Type.ID)),
            Table.Rules.DECLARED);

    @TempDir
    Path directory;

    private TestUsers node;

    @BeforeEach
    void start() throws Exception {
        node = new TestUsers(directory);
        node.add("ada");
        node.add("bob");
    }

    @AfterEach
    void stop() throws Exception {
        node.close();
    }

    @Test
    void wrong_passwords_by_the_thousand_are_hardly_ever_hashed_and_others_get_in() throws Exception {
        assertThat(now(node.users.authenticate(TestUsers.shown("bob", "secret"), OTHER))
                        .name())
                .isEqualTo("bob");
        AtomicInteger hashed = new AtomicInteger();
        List<CompletionStage<?>> all = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            all.add(node.users
                    .authenticate(TestUsers.shown("ada", "guess" + i), STRANGER)
                    .handle((user, failure) -> {
                        assertThat(user).isNull();
                        if (failure instanceof Failure refused && refused.code() == Failure.Code.UNAUTHENTICATED) {
                            hashed.incrementAndGet();
                        }
                        return null;
                    }));
        }
        assertThat(now(node.users.authenticate(TestUsers.shown("bob", "secret"), OTHER))
                        .name())
                .as("who is known")
                .isEqualTo("bob");
        for (CompletionStage<?> each : all) {
            now(each);
        }
        // Those that were waiting to be looked at when the first was found to be wrong, and no others.
        assertThat(hashed.get()).isBetween(BackOff.FREE, 1_000);
        assertThat(now(node.users.authenticate(TestUsers.shown("ada", "secret"), OTHER))
                        .name())
                .as("from elsewhere")
                .isEqualTo("ada");
    }

    private void role(Map<String, ?> row) throws Exception {
        now(node.store.commit(Write.of(Draft.put(
                Role.TABLE, Role.TABLE.path("one"), node.bodies.of(row), Attributes.NONE, Expectation.ANYTHING))));
    }

    @Test
    void an_empty_set_of_rules_allows_nothing() throws Exception {
        RoleAccess access = new RoleAccess(node.store);
        for (Map<String, ?> empty : List.<Map<String, ?>>of(
                Map.of("name", "one"),
                Map.of("name", "one", "tables", List.of(), "publish", List.of(), "subscribe", List.of()),
                Map.of("name", "one", "tables", List.of(Map.of("table", "Sensors"))))) {
            role(empty);
            for (Set<String> roles : List.of(Set.of("one"), Set.of("none"), Set.<String>of())) {
                User user = new User("ada", roles, false);
                assertThat(access.rights(user, "").everything()).isFalse();
                assertThat(access.rights(user, "").operation("status")).isFalse();
                for (Access.Verb verb : Access.Verb.values()) {
                    assertThat(access.allows(user, verb, SENSORS, "Sensors/1"))
                            .as(verb + " " + empty + roles)
                            .isFalse();
                }
            }
        }
        access.close();
    }

    @Test
    void a_row_that_is_no_role_leaves_the_former_one_in_force() throws Exception {
        RoleAccess access = new RoleAccess(node.store);
        User user = new User("ada", Set.of("one"), false);
        role(Map.of("name", "one", "tables", List.of(Map.of("table", "Sensors", "read", true))));
        assertThat(access.allows(user, Access.Verb.READ, SENSORS, "Sensors/1")).isTrue();
        role(Map.of("name", "one", "tables", 7, "administrator", true));
        assertThat(access.allows(user, Access.Verb.READ, SENSORS, "Sensors/1")).isTrue();
        assertThat(access.allows(user, Access.Verb.DELETE, SENSORS, "Sensors/1"))
                .isFalse();
        access.close();
        RoleAccess anew = new RoleAccess(node.store);
        assertThat(anew.allows(user, Access.Verb.READ, SENSORS, "Sensors/1"))
                .as("after a restart nothing is known but that row")
                .isFalse();
        anew.close();
    }
}
