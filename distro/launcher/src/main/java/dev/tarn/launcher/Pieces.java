// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a file of rows into the bytes of each, as they come: lines of JSON, the elements of a JSON array, or the records of
 * CSV. It looks at quotes and brackets only; whether a row is sound is for the node to say. For one thread.
 */
final class Pieces implements Closeable {

    /** How a file's rows are written. */
    enum Form {
        NDJSON,
        JSON,
        CSV;

        /** What the ending of a file's name says; null when it says nothing. */
        static @Nullable Form of(String file) {
            String name = file.toLowerCase(java.util.Locale.ROOT);
            if (name.endsWith(".ndjson") || name.endsWith(".jsonl")) {
                return NDJSON;
            } else if (name.endsWith(".json")) {
                return JSON;
            }
            return name.endsWith(".csv") ? CSV : null;
        }
    }

    /** A row is not larger. */
    private static final int MOST = 16 << 20;

    private final InputStream in;
    private final Form form;
    private long position;
    private boolean begun;
    private boolean over;

    Pieces(Path file, Form form) throws IOException {
        this.in = new BufferedInputStream(Files.newInputStream(file), 256 << 10);
        this.form = form;
    }

    /** Bytes of the file that were taken so far. */
    long position() {
        return position;
    }

    /** Goes on from a place that {@link #position} once told. */
    void skip(long to) throws IOException {
        in.skipNBytes(to - position);
        position = to;
        begun = to > 0;
    }

    /** The next row, without what separates it from others; null at the end. */
    byte @Nullable [] next() throws IOException {
        return switch (form) {
            case NDJSON, CSV -> line();
            case JSON -> element();
        };
    }

    private int read() throws IOException {
        int b = in.read();
        if (b >= 0) {
            position++;
        }
        return b;
    }

    /** A line that is not empty; one of CSV goes on where its end is within quotes (RFC 4180 §2). */
    private byte @Nullable [] line() throws IOException {
        while (true) {
            ByteArrayOutputStream line = new ByteArrayOutputStream(256);
            boolean quoted = false;
            int b = read();
            for (; b >= 0 && (b != '\n' || quoted); b = read()) {
                quoted ^= form == Form.CSV && b == '"';
                add(line, b);
            }
            byte[] bytes = line.toByteArray();
            if (!new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1).isBlank()) {
                return bytes;
            } else if (b < 0) {
                return null;
            }
        }
    }

    private static void add(ByteArrayOutputStream to, int b) throws IOException {
        to.write(b);
        if (to.size() > MOST) {
            throw new IOException("a row of more than " + MOST + " bytes; is the file of another format?");
        }
    }

    /** An element of the array that the file is. */
    private byte @Nullable [] element() throws IOException {
        if (over) {
            return null;
        }
        int b = plain();
        if (!begun) {
            if (b != '[') {
                throw new IOException("the file does not begin with [; a JSON file of rows is an array of objects");
            }
            begun = true;
            b = plain();
        } else if (b == ',') {
            b = plain();
        }
        if (b == ']' || b < 0) {
            over = true;
            if (b < 0) {
                throw new IOException("the array does not end");
            }
            return null;
        }
        ByteArrayOutputStream element = new ByteArrayOutputStream(256);
        int depth = 0;
        boolean text = false;
        while (true) {
            add(element, b);
            if (text) {
                if (b == '\\') {
                    add(element, read());
                } else if (b == '"') {
                    text = false;
                }
            } else if (b == '"') {
                text = true;
            } else if (b == '{' || b == '[') {
                depth++;
            } else if (b == '}' || b == ']') {
                depth--;
            }
            if (depth == 0 && !text) {
                return element.toByteArray();
            }
            b = read();
            if (b < 0) {
                throw new IOException("the last row does not end");
            }
        }
    }

    private int plain() throws IOException {
        int b = read();
        while (b == ' ' || b == '\n' || b == '\r' || b == '\t') {
            b = read();
        }
        return b;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
