// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Reads bytes written for people: hex with or without blanks, {@code "text"} or {@code 'text'} as UTF-8, {@code s"text"}
 * with its length in two bytes before it, {@code [...]} with its length as a variable byte integer before it, and {@code
 * (...)}; {@code *n} after any of these but the hex of several bytes repeats it.
 */
final class Notation {
    private final String text;
    private int at;

    private Notation(String text) {
        this.text = text;
    }

    /** The bytes that a text stands for. */
    static byte[] bytes(String text) {
        Notation reader = new Notation(text);
        byte[] bytes = reader.sequence();
        if (reader.at < text.length()) {
            throw new IllegalArgumentException("a bracket too many in: " + text);
        }
        return bytes;
    }

    private byte[] sequence() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == ']' || c == ')') {
                break;
            }
            at++;
            if (c == '[') {
                byte[] inner = sequence();
                at++;
                variable(out, inner.length);
                out.writeBytes(repeated(inner));
            } else if (c == '(') {
                byte[] inner = sequence();
                at++;
                out.writeBytes(repeated(inner));
            } else if (c == '"' || c == '\'') {
                out.writeBytes(repeated(quoted()));
            } else if (c == 's') {
                at++;
                byte[] inner = quoted();
                int times = times();
                int length = inner.length * times;
                out.write(length >> 8);
                out.write(length);
                for (int i = 0; i < times; i++) {
                    out.writeBytes(inner);
                }
            } else if (!Character.isWhitespace(c)) {
                byte[] one = {(byte) Integer.parseInt(text.substring(at - 1, at + 1), 16)};
                at++;
                out.writeBytes(repeated(one));
            }
        }
        return out.toByteArray();
    }

    private byte[] quoted() {
        int end = text.indexOf(text.charAt(at - 1), at);
        byte[] bytes = text.substring(at, end).getBytes(StandardCharsets.UTF_8);
        at = end + 1;
        return bytes;
    }

    private byte[] repeated(byte[] bytes) {
        int times = times();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < times; i++) {
            out.writeBytes(bytes);
        }
        return out.toByteArray();
    }

    private int times() {
        if (at >= text.length() || text.charAt(at) != '*') {
            return 1;
        }
        int end = at + 1;
        while (end < text.length() && Character.isDigit(text.charAt(end))) {
            end++;
        }
        int times = Integer.parseInt(text.substring(at + 1, end));
        at = end;
        return times;
    }

    private static void variable(ByteArrayOutputStream out, int value) {
        int rest = value;
        while (rest >= 128) {
            out.write((rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        out.write(rest);
    }
}
