// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {

    @Test
    void the_defaults_are_settings() {
        Settings settings = Settings.of(TestDoor.defaults(Engine.Config.class, Map.of()));
        assertThat(settings.threads().workers()).isGreaterThanOrEqualTo(2);
        assertThat(settings.refuseUnmapped()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"threads,-1", "queue,0", "mailbox_changes,0", "mailbox_subscriptions,0", "loop_changes,0"})
    void a_limit_that_makes_no_sense_is_refused_with_its_name(String key, int value) {
        assertThatThrownBy(() -> Settings.of(TestDoor.defaults(Engine.Config.class, Map.of(key, value))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(key.replace('_', '.'));
    }

    @Test
    void an_unknown_way_with_unmapped_paths_is_refused() {
        assertThatThrownBy(() -> Settings.of(TestDoor.defaults(Engine.Config.class, Map.of("unmappedPaths", "maybe"))))
                .hasMessageContaining("maybe");
    }
}
