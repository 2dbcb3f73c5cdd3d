// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import org.apache.qpid.protonj2.types.Decimal128;
import org.apache.qpid.protonj2.types.Decimal32;
import org.apache.qpid.protonj2.types.Decimal64;
import org.jspecify.annotations.Nullable;

/**
 * Reads decimals, whose bits the library does not look at: IEEE 754-2008 in the binary integer encoding, AMQP 1.0 §1.6.13 to
 * §1.6.15; IEEE 754-2008 §3.5.2.
 *
 * @param width in bits
 * @param exponentBits bits of the exponent, of which those that say how the coefficient is written are a part
 * @param bias what the exponent is greater by than the power of ten
 * @param digits the most that a coefficient has
 */
record Decimals(int width, int exponentBits, int bias, int digits) {

    private static final Decimals SHORT = new Decimals(32, 8, 101, 7);
    private static final Decimals LONG = new Decimals(64, 10, 398, 16);
    private static final Decimals LONGEST = new Decimals(128, 14, 6_176, 34);

    /** A decimal as BigDecimal, or as Double when it is NaN or infinite; null for what is none. */
    static @Nullable Number of(Object value) {
        if (value instanceof Decimal32 decimal) {
            return SHORT.read(new BigInteger(
                    1,
                    ByteBuffer.allocate(Integer.BYTES).putInt(decimal.getBits()).array()));
        }
        if (value instanceof Decimal64 decimal) {
            return LONG.read(new BigInteger(
                    1,
                    ByteBuffer.allocate(Long.BYTES).putLong(decimal.getBits()).array()));
        }
        return value instanceof Decimal128 decimal ? LONGEST.read(new BigInteger(1, decimal.asBytes())) : null;
    }

    private Number read(BigInteger bits) {
        boolean negative = bits.testBit(width - 1);
        boolean shifted = bits.testBit(width - 2) && bits.testBit(width - 3);
        if (shifted && bits.testBit(width - 4) && bits.testBit(width - 5)) {
            double infinite = negative ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
            return bits.testBit(width - 6) ? Double.NaN : infinite;
        }
        // After 11 the exponent begins two bits later, and the coefficient with 100.
        int exponentAt = width - exponentBits - (shifted ? 3 : 1);
        int exponent = bits.shiftRight(exponentAt).intValue() & ((1 << exponentBits) - 1);
        BigInteger coefficient = bits.and(BigInteger.ONE.shiftLeft(exponentAt).subtract(BigInteger.ONE));
        if (shifted) {
            coefficient = coefficient.setBit(exponentAt + 2);
        }
        if (coefficient.compareTo(BigInteger.TEN.pow(digits)) >= 0) {
            coefficient = BigInteger.ZERO; // "non-canonical", which stands for zero
        }
        return new BigDecimal(negative ? coefficient.negate() : coefficient, bias - exponent);
    }
}
