// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

/** Makes text that may come from a client safe to show on a terminal and to keep in a log of lines. */
final class Printable {

    private Printable() {}

    /**
     * The same text with everything escaped that would end a line, move the cursor, color or reorder what is read:
     * control characters, line and paragraph separators, bidirectional controls, zero-width characters and halves of
     * surrogate pairs.
     */
    static String text(String text) {
        int safe = 0;
        while (safe < text.length() && plain(text.charAt(safe))) {
            safe++;
        }
        if (safe == text.length()) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length() + 16).append(text, 0, safe);
        for (int i = safe; i < text.length(); ) {
            int code = text.codePointAt(i);
            i += Character.charCount(code);
            if (shown(code)) {
                out.appendCodePoint(code);
            } else {
                escape(out, code);
            }
        }
        return out.toString();
    }

    private static boolean plain(char c) {
        return c >= ' ' && c < 0x7f;
    }

    private static boolean shown(int code) {
        return switch (Character.getType(code)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.UNASSIGNED -> false;
            default -> true;
        };
    }

    private static void escape(StringBuilder out, int code) {
        switch (code) {
            case '\r' -> out.append("\\r");
            case '\n' -> out.append("\\n");
            case '\t' -> out.append("\\t");
            default -> out.append("\\u{").append(Integer.toHexString(code)).append('}');
        }
    }
}
