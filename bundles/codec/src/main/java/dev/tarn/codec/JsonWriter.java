// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import com.fasterxml.jackson.core.io.NumberOutput;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;

/** Writes JSON in UTF-8 without spaces or line ends, so that a document is one line. */
final class JsonWriter implements Format.Writer {

    private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] TRUE = "true".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] FALSE = "false".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    /** What follows the backslash for each ASCII character: 0 none is needed, 'u' a code. */
    private static final byte[] ESCAPES = new byte[128];

    static {
        Arrays.fill(ESCAPES, 0, 0x20, (byte) 'u');
        ESCAPES['\b'] = 'b';
        ESCAPES['\t'] = 't';
        ESCAPES['\n'] = 'n';
        ESCAPES['\f'] = 'f';
        ESCAPES['\r'] = 'r';
        ESCAPES['"'] = '"';
        ESCAPES['\\'] = '\\';
    }

    private final Output out;
    private final Keys keys = new Keys();

    /** Whether a comma comes before the next key or element. */
    private boolean comma;

    JsonWriter(int expected) {
        out = new Output(expected);
    }

    @Override
    public byte[] finish() {
        return out.toByteArray();
    }

    private void next() {
        if (comma) {
            out.put(',');
        }
        comma = true;
    }

    @Override
    public void startMap(int size) {
        next();
        out.put('{');
        keys.start();
        comma = false;
    }

    @Override
    public boolean key(String name) {
        next();
        quoted(name);
        out.put(':');
        comma = false;
        return keys.add(name);
    }

    @Override
    public void endMap() {
        keys.end();
        out.put('}');
        comma = true;
    }

    @Override
    public void startList(int size) {
        next();
        out.put('[');
        comma = false;
    }

    @Override
    public void endList() {
        out.put(']');
        comma = true;
    }

    @Override
    public void nothing() {
        next();
        out.put(NULL, 0, NULL.length);
    }

    @Override
    public void bool(boolean value) {
        next();
        byte[] word = value ? TRUE : FALSE;
        out.put(word, 0, word.length);
    }

    @Override
    public void integer(long value) {
        next();
        out.ascii(Long.toString(value));
    }

    @Override
    public void integer(BigInteger value) {
        next();
        out.ascii(value.toString());
    }

    @Override
    public void number(double value) {
        next();
        out.ascii(NumberOutput.toString(value, true));
    }

    @Override
    public void number(BigDecimal value) {
        next();
        out.ascii(value.toString());
    }

    @Override
    public void text(String value) {
        next();
        quoted(value);
    }

    private void quoted(String text) {
        out.put('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0x80 || ESCAPES[c] != 0) {
                byte[] utf8 = utf8(text);
                escaped(utf8, 0, utf8.length);
                out.put('"');
                return;
            }
        }
        out.ascii(text);
        out.put('"');
    }

    private static byte[] utf8(String text) {
        Output utf8 = new Output(text.length() + 16);
        utf8.utf8(text);
        return utf8.toByteArray();
    }

    @Override
    public void text(byte[] source, int from, int length) {
        next();
        out.put('"');
        escaped(source, from, length);
        out.put('"');
    }

    private void escaped(byte[] source, int from, int length) {
        int start = from;
        for (int i = from; i < from + length; i++) {
            int b = source[i];
            if (b >= 0 && ESCAPES[b] != 0) {
                out.put(source, start, i - start);
                out.put('\\');
                out.put(ESCAPES[b]);
                if (ESCAPES[b] == 'u') {
                    out.put2('0' << 8 | '0');
                    out.put(HEX[b >> 4]);
                    out.put(HEX[b & 0xF]);
                }
                start = i + 1;
            }
        }
        out.put(source, start, from + length - start);
    }

    @Override
    public void bytes(byte[] source, int from, int length) {
        next();
        byte[] text = Base64.getEncoder().encode(Arrays.copyOfRange(source, from, from + length));
        out.put('"');
        out.put(text, 0, text.length);
        out.put('"');
    }

    @Override
    public void moment(Instant value) {
        next();
        out.put('"');
        out.ascii(value.toString());
        out.put('"');
    }
}
