// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What the numbers of JSON become: the first type that keeps them exactly. */
class JsonNumbersTest {

    static Stream<Arguments> numbers() {
        return Stream.of(
                Arguments.of("0", 0L),
                Arguments.of("-0", 0L),
                Arguments.of("9007199254740993", 9007199254740993L),
                Arguments.of("9223372036854775807", Long.MAX_VALUE),
                Arguments.of("-9223372036854775808", Long.MIN_VALUE),
                Arguments.of("9223372036854775808", new BigInteger("9223372036854775808")),
                Arguments.of("-9223372036854775809", new BigInteger("-9223372036854775809")),
                Arguments.of("72.5", 72.5),
                Arguments.of("0.1", 0.1),
                Arguments.of("-0.0", -0.0),
                Arguments.of("0.0000", 0.0),
                Arguments.of("0e-9999999", 0.0),
                Arguments.of("1.10", 1.1),
                Arguments.of("1e5", 1e5),
                Arguments.of("1E+22", 1e22),
                Arguments.of("0.30000000000000004", 0.30000000000000004),
                Arguments.of("1.7976931348623157e308", Double.MAX_VALUE),
                Arguments.of("123456789012345.6", 123456789012345.6),
                // What C prints for 0.1 with %.17g is not what 0.1 prints as.
                Arguments.of("0.10000000000000001", new BigDecimal("0.10000000000000001")),
                Arguments.of("12345678901234.566", 12345678901234.566),
                Arguments.of("12345678901234567.8", new BigDecimal("12345678901234567.8")),
                Arguments.of(
                        "3.14159265358979323846264338327950288",
                        new BigDecimal("3.14159265358979323846264338327950288")),
                Arguments.of("1e400", new BigDecimal("1E+400")),
                Arguments.of("1e-400", new BigDecimal("1E-400")),
                Arguments.of("1e6000", new BigDecimal("1E+6000")),
                Arguments.of("2.5e-320", 2.5e-320),
                Arguments.of("2.54321e-320", new BigDecimal("2.54321E-320")),
                Arguments.of("5e-324", new BigDecimal("5E-324")));
    }

    @ParameterizedTest
    @MethodSource("numbers")
    void a_number_becomes_the_first_type_that_keeps_it(String text, Object expected) {
        assertThat(new JsonCodec().decode(text.getBytes(StandardCharsets.US_ASCII)))
                .isEqualTo(expected);
    }
}
