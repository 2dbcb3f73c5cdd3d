// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.application.Export;
import dev.tarn.api.application.Id;
import dev.tarn.api.application.Table;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The node that tests of applications have. */
class TarnExtensionTest {

    /** Rows that live for an hour. */
    @Table(value = "Codes", expiration = "1h")
    @Export
    public record Codes(@Id String id, String code) {}

    @RegisterExtension
    static final TarnExtension TARN = TarnExtension.with(Codes.class);

    @Test
    void its_clock_goes_forward_when_a_test_says_so() {
        TARN.node().put("Codes/1", "{\"code\":\"4711\"}");
        TARN.clock().advance(Duration.ofMinutes(30));
        assertThat(TARN.text("Codes/1")).isEqualTo("{\"id\":\"1\",\"code\":\"4711\"}");
        TARN.clock().advance(Duration.ofMinutes(31));
        assertThat(TARN.text("Codes/1")).isEqualTo("absent");
        TARN.node().put("Codes/1", "{\"code\":\"0815\"}");
        assertThat(TARN.text("Codes/1")).contains("0815");
    }
}
