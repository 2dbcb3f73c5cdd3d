// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import java.text.Normalizer;
import java.util.Optional;

/** SASLprep (RFC 4013): makes one text of several that mean the same to whoever types them. Safe on any thread. */
final class SaslPrep {

    private static final int SOFT_HYPHEN = 0xAD;

    private SaslPrep() {}

    /** The prepared text; empty for one that has what must not be in it, or nothing. */
    static Optional<String> of(String text) {
        StringBuilder mapped = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (space(c)) {
                mapped.append(' '); // RFC 4013 §2.1
            } else if (!nothing(c)) {
                mapped.appendCodePoint(c);
            }
        });
        String prepared = Normalizer.normalize(mapped, Normalizer.Form.NFKC); // §2.2
        if (prepared.isEmpty() || prepared.codePoints().anyMatch(SaslPrep::prohibited) || !oneDirection(prepared)) {
            return Optional.empty();
        }
        return Optional.of(prepared);
    }

    /** RFC 3454 C.1.2: spaces that are not U+0020. */
    private static boolean space(int c) {
        return (c != ' ' && Character.getType(c) == Character.SPACE_SEPARATOR) || c == 0x200B;
    }

    /** RFC 3454 B.1. */
    private static boolean nothing(int c) {
        return c == SOFT_HYPHEN
                || c == 0x34F
                || c == 0x1806
                || (c >= 0x180B && c <= 0x180D)
                || c == 0x200C
                || c == 0x200D
                || c == 0x2060
                || (c >= 0xFE00 && c <= 0xFE0F)
                || c == 0xFEFF;
    }

    /** RFC 3454 C.2 to C.9, and what is not a character at all (RFC 4013 §2.3, §2.5). */
    private static boolean prohibited(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.PRIVATE_USE,
                    Character.SURROGATE,
                    Character.UNASSIGNED -> true;
            default -> (c >= 0xFFF9 && c <= 0xFFFD) || (c >= 0x2FF0 && c <= 0x2FFB) || c == 0x340 || c == 0x341;
        };
    }

    /** RFC 3454 §6. */
    private static boolean oneDirection(String text) {
        boolean right = text.codePoints().anyMatch(SaslPrep::rightToLeft);
        boolean left = text.codePoints()
                .anyMatch(c -> Character.getDirectionality(c) == Character.DIRECTIONALITY_LEFT_TO_RIGHT);
        return !right
                || (!left && rightToLeft(text.codePointAt(0)) && rightToLeft(text.codePointBefore(text.length())));
    }

    private static boolean rightToLeft(int c) {
        byte direction = Character.getDirectionality(c);
        return direction == Character.DIRECTIONALITY_RIGHT_TO_LEFT
                || direction == Character.DIRECTIONALITY_RIGHT_TO_LEFT_ARABIC;
    }
}
