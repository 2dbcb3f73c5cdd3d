// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.data;

/** Whole numbers as ids spell them. */
final class Decimal {

    private static final int LONGEST = 20;

    private Decimal() {}

    /** Whether a text is how a number of 64 bits is written: no sign but a minus, no zeros before it. */
    static boolean isWhole(String text) {
        int length = text.length();
        int from = length > 1 && text.charAt(0) == '-' ? 1 : 0;
        if (length == 0 || length > LONGEST || (text.charAt(from) == '0' && length > 1)) {
            return false;
        }
        for (int i = from; i < length; i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        if (length < LONGEST - 2) {
            return true;
        }
        try {
            Long.parseLong(text);
            return true;
        } catch (NumberFormatException tooLong) {
            return false;
        }
    }
}
