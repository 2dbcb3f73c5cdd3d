// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

/** Makes text that came from a client fit for a log line or a message: one line, no terminal tricks, not too long. */
public final class Printable {
    private static final int LONGEST = 200;

    private Printable() {}

    /** The text with everything that does not print escaped as {@code \}{@code uXXXX}, cut after 200 characters. */
    public static String of(CharSequence text) {
        StringBuilder printable = new StringBuilder(Math.min(text.length(), LONGEST) + 16);
        for (int i = 0; i < text.length(); i++) {
            if (i == LONGEST) {
                return printable.append("...").toString();
            }
            char c = text.charAt(i);
            if (harmless(c)) {
                printable.append(c);
            } else {
                printable.append(String.format("\\u%04x", (int) c));
            }
        }
        return printable.toString();
    }

    private static boolean harmless(char c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> c != '\\';
        };
    }
}
