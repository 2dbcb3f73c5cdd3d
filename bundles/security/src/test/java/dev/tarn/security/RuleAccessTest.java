// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import dev.tarn.api.security.Access.Verb;
import dev.tarn.api.security.User;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RuleAccessTest {

    private static final User ADMIN = new User("admin", Set.of(), true);
    private static final User ADA = new User("ada", Set.of("admin", "administrator", "super_user"), false);
    private static final Table SENSORS = new Table(Table.DATA, "Sensors", "Sensors", List.of(), Table.Rules.DECLARED);

    private final RuleAccess access = new RuleAccess();

    @ParameterizedTest
    @EnumSource
    void administrators_may_do_everything_and_others_nothing(Verb verb) {
        assertThat(access.allows(ADMIN, verb, SENSORS, "Sensors/#")).isTrue();
        assertThat(access.allows(ADMIN, verb, SENSORS, Path.of("Sensors/1"))).isTrue();
        assertThat(access.allows(ADA, verb, SENSORS, "Sensors/#")).isFalse();
        assertThat(access.allows(ADA, verb, SENSORS, Path.of("Sensors/1"))).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void the_servers_own_tables_are_out_of_everybodys_reach(Verb verb) {
        assertThat(access.allows(ADMIN, verb, StoredUser.TABLE, "users/admin")).isFalse();
        assertThat(new RuleAccess(List.of((user, what, table, path) -> true))
                        .allows(ADMIN, verb, StoredUser.TABLE, "users/admin"))
                .isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void no_rules_deny(Verb verb) {
        assertThat(new RuleAccess(List.of()).allows(ADMIN, verb, SENSORS, "Sensors/1"))
                .isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void a_rule_that_throws_denies_and_the_next_one_is_asked(Verb verb) {
        Rule broken = (user, what, table, path) -> {
            throw new IllegalStateException("broken");
        };
        assertThat(new RuleAccess(List.of(broken)).allows(ADMIN, verb, SENSORS, "Sensors/1"))
                .isFalse();
        assertThat(new RuleAccess(List.of(broken, Rule.ADMINISTRATORS)).allows(ADMIN, verb, SENSORS, "Sensors/1"))
                .isTrue();
    }
}
