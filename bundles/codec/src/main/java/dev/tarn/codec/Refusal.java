// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import dev.tarn.api.data.Failure;

/** The failures of readers of binary formats: what is wrong, and at which byte, counted from 0. */
final class Refusal {

    private Refusal() {}

    static Failure malformed(String what, int at) {
        return new Failure(Failure.Code.MALFORMED, what + ", at byte " + at);
    }

    static Failure tooLarge(String what, int at) {
        return new Failure(Failure.Code.TOO_LARGE, what + ", at byte " + at);
    }

    static Failure truncated(int at) {
        return malformed("the body ends in the middle of a value", at);
    }

    static Failure trailing(int at) {
        return malformed("there is more after the end of the value", at);
    }

    /** A key as it may be shown in a message: short, without characters that a terminal or a log would obey. */
    static String shown(String key) {
        StringBuilder shown = new StringBuilder("\"");
        for (int i = 0; i < key.length() && i < 40; i++) {
            char c = key.charAt(i);
            shown.append(c >= 0x20 && c < 0x7F && c != '"' ? c : '?');
        }
        return shown.append(key.length() > 40 ? "…\"" : "\"").toString();
    }
}
