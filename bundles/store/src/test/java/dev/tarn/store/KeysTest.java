// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeysTest {

    private static BigDecimal exact(Object number) {
        return number instanceof Double real
                ? new BigDecimal(real)
                : number instanceof BigInteger integer ? new BigDecimal(integer) : new BigDecimal(number.toString());
    }

    private static <T> void ordered(T a, T b, Comparator<T> order) {
        int keys = Arrays.compareUnsigned(Keys.value(a), Keys.value(b));
        assertThat(Integer.signum(keys)).as("%s and %s", a, b).isEqualTo(Integer.signum(order.compare(a, b)));
    }

    @Test
    void numbers_of_all_kinds_have_one_order() {
        Cases.each(4_000, cases -> {
            Number a = cases.number();
            Number b = cases.oneIn(3) ? exact(a).add(new BigDecimal(cases.below(3) - 1)) : cases.number();
            if (exact(b).abs().compareTo(new BigDecimal(Double.MAX_VALUE)) <= 0) {
                ordered(a, b, Comparator.comparing(KeysTest::exact));
            }
        });
    }

    @Test
    void integers_beyond_the_exact_doubles_are_told_apart() {
        long base = 1L << 60;
        for (long a = base - 300; a < base + 300; a++) {
            assertThat(Arrays.compareUnsigned(Keys.value(a), Keys.value(a + 1))).isNegative();
            assertThat(Arrays.compareUnsigned(Keys.value(-a), Keys.value(-a + 1)))
                    .isNegative();
        }
        assertThat(Keys.value(5L)).isEqualTo(Keys.value(5.0)).isEqualTo(Keys.value(new BigDecimal("5.000")));
        assertThat(Keys.value(0.0)).isEqualTo(Keys.value(-0.0));
    }

    @Test
    void numbers_that_have_no_place_are_refused() {
        for (Object value : List.of(
                Double.NaN,
                Double.POSITIVE_INFINITY,
                new BigDecimal("1e999999999"),
                new BigDecimal("-1e400"),
                BigInteger.TWO.pow(1_025))) {
            assertThatThrownBy(() -> Keys.value(value)).isInstanceOf(Failure.class);
        }
    }

    @Test
    void text_is_in_the_order_of_code_points_and_bytes_in_their_own() {
        Cases.each(3_000, cases -> {
            String a = cases.text(5);
            String b = cases.oneIn(3) ? a + cases.text(2) : cases.text(5);
            ordered(a, b, Comparator.comparing(text -> text.codePoints().toArray(), Arrays::compare));
            ordered(cases.bytes(5), cases.bytes(5), Arrays::compareUnsigned);
        });
    }

    @Test
    void moments_are_in_order() {
        Cases.each(1_500, cases -> ordered(cases.instant(), cases.instant(), Comparator.<Instant>naturalOrder()));
    }

    @Test
    void ids_come_back_and_are_in_the_order_of_paths_and_numbers() {
        Cases.each(1_500, cases -> {
            String a = cases.text(8).replace("\0", "/") + "/";
            String b = cases.text(8).replace("\0", "/") + "/";
            assertThat(Keys.idAt(Keys.id(a), 0, Keys.id(a).length)).isEqualTo(a);
            assertThat(Integer.signum(Arrays.compareUnsigned(Keys.id(a), Keys.id(b))))
                    .isEqualTo(Integer.signum(Path.of(a).compareTo(Path.of(b))));
            long m = cases.integer();
            long n = cases.integer();
            assertThat(Keys.idAt(Keys.id(m), 0, 9)).isEqualTo(Long.toString(m));
            assertThat(Integer.signum(Arrays.compareUnsigned(Keys.id(m), Keys.id(n))))
                    .isEqualTo(Long.compare(m, n));
        });
    }

    @Test
    void a_value_before_a_rows_key_ends_where_it_ended() {
        Cases.each(1_500, cases -> {
            List<Object> values = new ArrayList<>(
                    List.of(cases.number(), cases.text(9), cases.bytes(9), cases.instant(), cases.oneIn(2)));
            for (Object value : values) {
                byte[] key = Keys.value(value);
                byte[] row = Keys.id(cases.text(5));
                byte[] entry = Arrays.copyOf(key, key.length + row.length);
                System.arraycopy(row, 0, entry, key.length, row.length);
                assertThat(Keys.end(entry, 0, entry.length)).isEqualTo(key.length);
            }
        });
    }

    @Test
    void no_key_begins_another() {
        Cases.each(1_500, cases -> {
            byte[] a = cases.oneIn(2) ? Keys.value(cases.text(4)) : Keys.value(cases.number());
            byte[] b = cases.oneIn(2) ? Keys.value(cases.text(6)) : Keys.value(cases.number());
            if (!Arrays.equals(a, b)) {
                int shorter = Math.min(a.length, b.length);
                assertThat(Arrays.equals(a, 0, shorter, b, 0, shorter)).isFalse();
            }
        });
    }

    @Test
    void above_a_prefix_is_the_first_that_does_not_begin_with_it() {
        assertThat(Keys.above(new byte[] {1, 2})).containsExactly(1, 3);
        assertThat(Keys.above(new byte[] {1, -1, -1})).containsExactly(2);
        assertThat(Keys.above(new byte[] {-1})).isNull();
        assertThat(Keys.above(new byte[0])).isNull();
    }
}
