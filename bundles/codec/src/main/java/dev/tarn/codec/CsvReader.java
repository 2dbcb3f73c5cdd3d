// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import dev.tarn.api.data.Failure;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads lines of CSV (RFC 4180), with line ends of any kind. For one document. */
final class CsvReader {

    private final byte[] in;
    private final Limits limits;
    private int at;
    private int lines;
    private int fields;

    /** Refuses what is too large or not UTF-8. */
    CsvReader(byte[] in, Limits limits) {
        limits.checkSize(in);
        int bad = Utf8.firstBad(in, 0, in.length);
        if (bad >= 0) {
            throw Refusal.malformed("this is not UTF-8", bad);
        }
        this.in = in;
        this.limits = limits;
        boolean mark = in.length >= 3 && in[0] == (byte) 0xEF && in[1] == (byte) 0xBB && in[2] == (byte) 0xBF;
        at = mark ? 3 : 0;
    }

    /** The number of the line that was read last, from 1, line ends within quotes not counted. */
    int lineNumber() {
        return lines;
    }

    /** The fields of the next line, null for those that are empty without quotes; null at the end. */
    @Nullable
    List<@Nullable String> line() {
        while (at < in.length && lineEnd()) {
            lines++;
        }
        if (at == in.length) {
            return null;
        }
        lines++;
        List<@Nullable String> line = new ArrayList<>();
        do {
            line.add(field());
            if (++fields > limits.elements()) {
                throw new Failure(
                        Failure.Code.TOO_LARGE, "more than " + limits.elements() + " fields, in line " + lines);
            }
        } while (comma());
        return line;
    }

    private boolean comma() {
        if (at == in.length || lineEnd()) {
            return false;
        }
        if (in[at] != ',') {
            throw new Failure(Failure.Code.MALFORMED, "a field goes on after its closing quote, in line " + lines);
        }
        at++;
        return true;
    }

    private boolean lineEnd() {
        if (in[at] == '\r') {
            at += at + 1 < in.length && in[at + 1] == '\n' ? 2 : 1;
            return true;
        }
        if (in[at] == '\n') {
            at++;
            return true;
        }
        return false;
    }

    private @Nullable String field() {
        if (at < in.length && in[at] == '"') {
            return quoted();
        }
        int from = at;
        while (at < in.length && in[at] != ',' && in[at] != '\r' && in[at] != '\n') {
            if (in[at] == '"') {
                throw new Failure(Failure.Code.MALFORMED, "a quote within a field without quotes, in line " + lines);
            }
            at++;
        }
        checkLength(at - from);
        return at == from ? null : Utf8.text(in, from, at - from);
    }

    private String quoted() {
        int from = ++at;
        boolean doubled = false;
        while (true) {
            if (at == in.length) {
                throw new Failure(Failure.Code.MALFORMED, "a quote that is not closed, from line " + lines);
            }
            if (in[at] == '"') {
                if (at + 1 == in.length || in[at + 1] != '"') {
                    break;
                }
                doubled = true;
                at++;
            }
            at++;
        }
        checkLength(at - from);
        String text = Utf8.text(in, from, at - from);
        at++;
        return doubled ? text.replace("\"\"", "\"") : text;
    }

    private void checkLength(int length) {
        if (length > limits.text()) {
            throw new Failure(
                    Failure.Code.TOO_LARGE, "a field of more than " + limits.text() + " bytes, in line " + lines);
        }
    }
}
