// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import dev.tarn.api.data.Failure;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Well-formed UTF-8, Unicode 15 table 3-7: no overlong form, no surrogate, nothing above U+10FFFF. */
final class Utf8 {

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

    private static final long HIGH_BITS = 0x8080808080808080L;

    private Utf8() {}

    /** Where the first byte beyond ASCII is, or {@code to}. */
    static int ascii(byte[] bytes, int from, int to) {
        int at = from;
        while (at + 8 <= to && ((long) LONG.get(bytes, at) & HIGH_BITS) == 0) {
            at += 8;
        }
        while (at < to && bytes[at] >= 0) {
            at++;
        }
        return at;
    }

    /** Where the first ill-formed sequence begins, or -1. */
    static int firstBad(byte[] bytes, int from, int to) {
        int at = from;
        while ((at = ascii(bytes, at, to)) < to) {
            int length = sequence(bytes, at, to);
            if (length == 0) {
                return at;
            }
            at += length;
        }
        return -1;
    }

    /** The length of the well-formed sequence that begins here, or 0. */
    static int sequence(byte[] bytes, int at, int to) {
        int lead = bytes[at] & 0xFF;
        int length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
        if (length > to - at) {
            return 0;
        }
        if (length > 1) {
            int second = bytes[at + 1] & 0xFF;
            int least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
            int most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
            if (second < least || second > most) {
                return 0;
            }
        }
        for (int i = 2; i < length; i++) {
            if ((bytes[at + i] & 0xC0) != 0x80) {
                return 0;
            }
        }
        return length;
    }

    /** The text of checked UTF-8. */
    static String text(byte[] bytes, int from, int length) {
        boolean ascii = ascii(bytes, from, from + length) == from + length;
        return new String(bytes, from, length, ascii ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8);
    }

    /** The text of checked UTF-8. */
    static String text(byte[] bytes) {
        return text(bytes, 0, bytes.length);
    }

    /** How many bytes the text needs; fails with MALFORMED when it has a lone surrogate. */
    static int length(String text) {
        int length = text.length();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0x80) {
                if (c < 0x800) {
                    length++;
                } else if (!Character.isSurrogate(c)) {
                    length += 2;
                } else if (Character.isHighSurrogate(c)
                        && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(i + 1))) {
                    length += 2;
                    i++;
                } else {
                    throw new Failure(Failure.Code.MALFORMED, "a text has a lone surrogate");
                }
            }
        }
        return length;
    }

    /** Whether the text has a surrogate that is not one half of a pair. */
    static boolean loneSurrogate(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                if (Character.isLowSurrogate(c)
                        || i + 1 == text.length()
                        || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    return true;
                }
                i++;
            }
        }
        return false;
    }
}
