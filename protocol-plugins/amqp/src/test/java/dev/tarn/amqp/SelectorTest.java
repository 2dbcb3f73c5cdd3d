// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Property;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SelectorTest {

    private static final Change CHANGE = new Change(
            12,
            Kind.MESSAGE,
            "data.topics",
            Path.of("a/b"),
            null,
            1,
            0,
            Attributes.builder()
                    .properties(List.of(new Property("color", "red"), new Property("path", "a_b%c")))
                    .build());

    private static boolean takes(String selector) {
        return Selector.of(selector).takes(CHANGE, new Codec());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "color = 'red'",
                "color <> 'blue'",
                "color IN ('blue', 'red')",
                "color NOT IN ('blue')",
                "color LIKE 'r%'",
                "color LIKE '_e_'",
                "color LIKE '%%d'",
                "color NOT LIKE '%x%'",
                "path LIKE 'a!_b!%c' ESCAPE '!'",
                "missing IS NULL AND color IS NOT NULL",
                "NOT (color = 'blue')",
                "color = 'red' OR missing > 3",
                "1 + 2 * 3 = 7 AND -1 < 0 AND 7 / 2 = 3",
                "5 BETWEEN 1 AND 5",
                "5 NOT BETWEEN 6 AND 7",
                "TRUE AND NOT FALSE",
                "JMSDestination = 'a/b'",
                "amqp.annotation.x-opt-sequence-number > '11'",
                "'it''s' = 'it''s'",
            })
    void true_of_the_message(String selector) {
        assertThat(takes(selector)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "color = 'blue'",
                "missing = 'red'",
                "NOT missing = 'red'",
                "missing <> 'red'",
                "missing > 3 AND color = 'red'",
                "color > 'a'",
                "color LIKE 'e'",
                "path LIKE 'a!_b!%' ESCAPE '!'",
                "path LIKE 'a!!b' ESCAPE '!'",
                "missing LIKE '%'",
                "1 / 0 = 1",
                "amqp.annotation.x-opt-sequence-number > 12",
            })
    void false_or_unknown(String selector) {
        assertThat(takes(selector)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "color =",
                "color = 'red",
                "(color = 'red'",
                "color IN ()",
                "a b",
                "= 1",
                "color LIKE 5",
                "color LIKE 'a!' ESCAPE '!'",
                "color LIKE 'a!b%' ESCAPE '!'",
                "color LIKE 'a!!!' ESCAPE '!'",
                "; 1"
            })
    void what_cannot_be_read_is_refused(String selector) {
        assertThatThrownBy(() -> Selector.of(selector))
                .isInstanceOf(Failure.class)
                .extracting(thrown -> ((Failure) thrown).code())
                .isEqualTo(Failure.Code.MALFORMED);
    }

    @Test
    void depth_and_length_are_bounded() {
        assertThatThrownBy(() -> Selector.of("(".repeat(500) + "1" + ")".repeat(500)))
                .isInstanceOf(Failure.class);
        assertThatThrownBy(() -> Selector.of("NOT ".repeat(1_000) + "TRUE")).isInstanceOf(Failure.class);
        assertThatThrownBy(() -> Selector.of("a = '" + "x".repeat(10_000) + "'"))
                .isInstanceOf(Failure.class);
    }

    @Test
    void long_texts_and_many_operators_are_read_and_asked_without_a_deep_stack() {
        String text = "x".repeat(4_000) + "''".repeat(1_900);
        assertThat(takes("color <> '" + text + "'")).isTrue();
        assertThat(takes("color = '" + text + "' OR TRUE")).isTrue();
        assertThat(takes("1 = 1" + " AND 1 = 1".repeat(400))).isTrue();
        for (String many : new String[] {" AND 1 = 1", " OR 1 = 2", " + 1", " * 1"}) {
            assertThatThrownBy(() -> Selector.of("1" + many.repeat(600))).isInstanceOf(Failure.class);
        }
    }

    @Test
    void a_sequence_to_begin_after_is_found() {
        assertThat(Selector.of("amqp.annotation.x-opt-sequence-number > '41'").after())
                .isEqualTo(41);
        assertThat(Selector.of("amqp.annotation.x-opt-sequence-number > 41 OR TRUE")
                        .after())
                .isNull();
        assertThat(Selector.of("color = 'red'").after()).isNull();
        String sequence = "amqp.annotation.x-opt-sequence-number";
        assertThat(Selector.of("color = 'red' AND (" + sequence + " >= 42)").after())
                .isEqualTo(41);
        assertThat(Selector.of(sequence + " BETWEEN 42 AND 50").after()).isEqualTo(41);
        for (String other : new String[] {
            sequence + " > 41 - 5",
            sequence + " + 5 > 41",
            "(" + sequence + " > 41) = FALSE",
            "(" + sequence + " > 41) IS NULL",
            "NOT " + sequence + " > 41",
            sequence + " < 41"
        }) {
            assertThat(Selector.of(other).after()).as(other).isNull();
        }
    }
}
