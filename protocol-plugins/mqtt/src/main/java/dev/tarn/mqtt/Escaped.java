// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

/** Text of a client, fit for a log: what could end a line, steer a terminal or turn the writing around is escaped. */
final class Escaped {

    private static final int LONGEST = 200;

    private Escaped() {}

    static String of(String text) {
        StringBuilder out = new StringBuilder(Math.min(text.length(), LONGEST) + 16);
        for (int i = 0; i < text.length() && i < LONGEST; i++) {
            char c = text.charAt(i);
            int type = Character.getType(c);
            if (type == Character.CONTROL
                    || type == Character.FORMAT
                    || type == Character.LINE_SEPARATOR
                    || type == Character.PARAGRAPH_SEPARATOR
                    || type == Character.SURROGATE && !Character.isSurrogatePair(c, i + 1 < text.length() ? text.charAt(i + 1) : 0)
                            && !(i > 0 && Character.isSurrogatePair(text.charAt(i - 1), c))) {
                out.append(String.format("\\u%04X", (int) c));
            } else {
                out.append(c);
            }
        }
        return text.length() > LONGEST ? out.append("...").toString() : out.toString();
    }
}
