// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ConfigsTest {

    @interface Config {
        int port() default 9926;

        long cache_bytes() default 1 << 20;

        String host() default "127.0.0.1";

        String name();

        String[] folders() default {"a"};

        boolean open();
    }

    @Test
    void what_is_not_overridden_has_its_default_or_nothing() {
        Config config = Configs.of(Config.class, Map.of("port", 0));

        assertThat(config.port()).isZero();
        assertThat(config.cache_bytes()).isEqualTo(1 << 20);
        assertThat(config.host()).isEqualTo("127.0.0.1");
        assertThat(config.name()).isNull();
        assertThat(config.folders()).containsExactly("a");
        assertThat(config.open()).isFalse();
        assertThat(config.annotationType()).isEqualTo(Config.class);
    }

    @Test
    void a_whole_number_fits_a_long() {
        assertThat(Configs.of(Config.class, Map.of("cache_bytes", 7)).cache_bytes())
                .isEqualTo(7);
    }

    @Test
    void an_override_that_names_nothing_or_has_another_type_is_refused() {
        assertThatThrownBy(() -> Configs.of(Config.class, Map.of("prot", 1))).hasMessageContaining("prot");
        assertThatThrownBy(() -> Configs.of(Config.class, Map.of("port", "1"))).hasMessageContaining("port");
    }
}
