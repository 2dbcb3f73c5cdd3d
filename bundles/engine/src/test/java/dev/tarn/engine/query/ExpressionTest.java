// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExpressionTest {
    private static final Map<String, Object> ROW = new HashMap<>(Map.of(
            "price",
            10L,
            "taxRate",
            0.5,
            "name",
            "Ann",
            "tags",
            List.of("a", "b"),
            "numbers",
            List.of(1L, 2L, 3L),
            "home",
            Map.of("street", "Elm"),
            "big",
            Long.MAX_VALUE));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "1 + 2 * 3|7",
                "(1 + 2) * 3|9",
                "10 - 4 - 3|3",
                "price + (price * taxRate)|15.0",
                "7 / 2|3.5",
                "6 / 2|3",
                "7 % 4|3",
                "1 / 0|null",
                "-price|-10",
                "big + 1|9223372036854775808",
                "big * big|85070591730234615847396907784232501249",
                "missing + 1|null",
                "missing ?? 5|5",
                "coalesce(missing, null, 'x')|x",
                "name + ' Lee'|Ann Lee",
                "'n=' + price|n=10",
                "concat(name, missing, price)|Ann10",
                "price > 5 && name == 'Ann'|true",
                "price > 5 && !(name == 'Ann')|false",
                "price === 10 ? 'ten' : 'other'|ten",
                "missing > 1 ? 1 : price < 5 ? 2 : 3|3",
                "missing == null|true",
                "name != null|true",
                "home.street|Elm",
                "home.town|null",
                "upper(name) + lower(name)|ANNann",
                "length(name) + length(tags)|5",
                "contains(tags, 'b')|true",
                "contains(name, 'nn')|true",
                "startsWith(name, 'A') && endsWith(name, 'n')|true",
                "substring(name, 1)|nn",
                "substring(name, 0, 1)|A",
                "round(2.345, 2)|2.35",
                "round(5 / 2)|3.0",
                "floor(2.7) + ceil(2.2)|5.0",
                "abs(-3)|3",
                "min(3, price) + max(3, price)|13",
                "sum(numbers)|6",
                "number('12') + 1|13",
                "text(1.0)|1",
                "sqrt(16)|4.0",
                "name * 2|null",
                "\"it's\"|it's",
            })
    void expressions_have_values(String text, String expected) {
        assertThat(String.valueOf(Expression.parse(text).of(ROW))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "1 +|at 3 in the expression: expected a value, an attribute or a function, found the end",
                "(1|at 2 in the expression: expected ), found the end",
                "1 2|at 2 in the expression: expected an operator or the end, found \"2\"",
                "foo(1)|at 0 in the expression: there is no function foo",
                "abs()|at 0 in the expression: abs(…) takes 1 values, not 0",
                "'open|at 5 in the expression: expected ' for the text that begins at 0",
                "a ? b|at 5 in the expression: expected : and what else",
                "a..b|at 0 in the expression: expected a name on each side of the dot",
                "1.2.3|at 0 in the expression: expected a number",
                "a; b|at 1 in the expression: expected an operator or the end, found \";\"",
            })
    void what_cannot_be_read_is_refused_with_its_position(String text, String reason) {
        assertThatThrownBy(() -> Expression.parse(text)).hasMessageContaining(reason);
    }

    @Test
    void nesting_and_length_are_bounded() {
        assertThatThrownBy(() -> Expression.parse("(".repeat(1_000) + "1" + ")".repeat(1_000)))
                .hasMessageContaining("nested more than 64 deep");
        assertThatThrownBy(() -> Expression.parse("-".repeat(1_000) + "1")).hasMessageContaining("nested more than");
        assertThatThrownBy(() -> Expression.parse("1+".repeat(2_001) + "1")).hasMessageContaining("at most 4000");
        assertThat(Expression.parse("1+".repeat(1_999) + "1").of(Map.of())).isEqualTo(2_000L);
    }

    @Test
    void one_truth_is_enough() {
        assertThat(Expression.parse("price < 5 || name == 'Ann'").of(ROW)).isEqualTo(true);
        assertThat(Expression.parse("price < 5 || missing").of(ROW)).isEqualTo(false);
    }

    @Test
    void the_attributes_that_it_looks_at_are_known() {
        assertThat(Expression.parse("a + b.c * max(d, 1) + 'e'").names()).containsExactlyInAnyOrder("a", "b", "d");
    }
}
