// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.store.Snapshot;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Arrays;

/**
 * The one order of values, which is that of the store's indexes: booleans, numbers of all kinds by what they are worth,
 * moments, text by code points, bytes. Objects and lists have no place in it.
 */
final class Values {

    private static final long EXACT = 1L << 53;

    private Values() {}

    /** Which sort of value it is; sorts are ordered by this number. 9 for what has no order; 0 for what an index has where there is no value. */
    static int sort(Object value) {
        if (value == Snapshot.Nothing.NOTHING) {
            return 0;
        } else if (value instanceof String) {
            return 4;
        } else if (value instanceof Number) {
            return 2;
        } else if (value instanceof Boolean) {
            return 1;
        } else if (value instanceof Instant) {
            return 3;
        }
        return value instanceof byte[] ? 5 : 9;
    }

    /** Whether it has a place in the order. */
    static boolean ordered(Object value) {
        return sort(value) != 9;
    }

    /** Negative, zero or positive; both must be ordered. */
    static int compare(Object a, Object b) {
        int sort = sort(a);
        int other = sort(b);
        if (sort != other) {
            return Integer.compare(sort, other);
        }
        return switch (sort) {
            case 0 -> 0;
            case 1 -> Boolean.compare((Boolean) a, (Boolean) b);
            case 2 -> numbers((Number) a, (Number) b);
            case 3 -> ((Instant) a).compareTo((Instant) b);
            case 4 -> texts((String) a, (String) b);
            case 5 -> Arrays.compareUnsigned((byte[]) a, (byte[]) b);
            default -> throw new IllegalArgumentException("no order for " + a.getClass());
        };
    }

    private static int numbers(Number a, Number b) {
        if (a instanceof Long x && b instanceof Long y) {
            return Long.compare(x, y);
        }
        if (plain(a) && plain(b)) {
            double x = a.doubleValue();
            double y = b.doubleValue();
            return x == y ? 0 : Double.compare(x, y);
        }
        return decimal(a).compareTo(decimal(b));
    }

    /** Whether a double says exactly what it is. */
    private static boolean plain(Number number) {
        return number instanceof Double || (number instanceof Long whole && whole >= -EXACT && whole <= EXACT);
    }

    /** The number as it is, however long. */
    static BigDecimal decimal(Number number) {
        if (number instanceof BigDecimal decimal) {
            return decimal;
        } else if (number instanceof BigInteger integer) {
            return new BigDecimal(integer);
        }
        return number instanceof Double value ? new BigDecimal(value) : BigDecimal.valueOf(number.longValue());
    }

    /** By code points, as UTF-8 is ordered. */
    static int texts(String a, String b) {
        int length = Math.min(a.length(), b.length());
        for (int i = 0; i < length; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                boolean high = Character.isSurrogate(x);
                return high == Character.isSurrogate(y) ? Character.compare(x, y) : high ? 1 : -1;
            }
        }
        return Integer.compare(a.length(), b.length());
    }
}
