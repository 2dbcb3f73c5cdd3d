// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.NumberOutput;
import dev.tarn.api.data.Failure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigDecimal;
import java.nio.ByteOrder;

/** Reads one JSON document into a sink. Jackson reads; what it does not look at is checked here. */
final class JsonReader {

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final long EACH = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;

    /** A decimal of this many digits is what its double prints as, between {@link #LEAST_SURE} and infinity. */
    private static final int SURE_DIGITS = 15;

    private static final double LEAST_SURE = 1e-290;

    private final byte[] bytes;
    private final Limits limits;
    private final Sink sink;

    /** Whether there is a backslash at all: only then can a checked text have a lone surrogate. */
    private boolean escapes;

    private int elementsLeft;

    JsonReader(byte[] bytes, Limits limits, Sink sink) {
        this.bytes = bytes;
        this.limits = limits;
        this.sink = sink;
    }

    /** Reads the document; returns how many of the values that it may have were not used. */
    int read(JsonFactory factory, int elements) {
        elementsLeft = elements;
        limits.checkSize(bytes);
        int from = byteOrderMark();
        scan(from);
        try (JsonParser parser = factory.createParser(bytes, from, bytes.length - from)) {
            whole(parser);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return elementsLeft;
    }

    private void whole(JsonParser parser) throws IOException {
        try {
            JsonToken token = parser.nextToken();
            if (token == null) {
                throw new Failure(Failure.Code.MALFORMED, "an empty body is not JSON");
            }
            document(parser, token);
            if (parser.nextToken() != null) {
                throw malformed("there is more after the end of the value", parser.currentTokenLocation());
            }
        } catch (StreamConstraintsException e) {
            // Jackson's sentence names the number and the limit, then the method that would raise it.
            String what = e.getOriginalMessage().replaceAll(", from `[^`]*`", "");
            throw new Failure(Failure.Code.TOO_LARGE, what + at(parser.currentLocation()));
        } catch (JsonProcessingException e) {
            throw malformed(e.getOriginalMessage(), e.getLocation());
        }
    }

    /** RFC 8259 §8.1 lets a reader pass over one. */
    private int byteOrderMark() {
        return bytes.length >= 3 && bytes[0] == (byte) 0xEF && bytes[1] == (byte) 0xBB && bytes[2] == (byte) 0xBF
                ? 3
                : 0;
    }

    /**
     * Refuses ill-formed UTF-8, which Jackson reads in part, and control characters, which are nowhere legal; without
     * NULs no UTF-16 or UTF-32 is left that Jackson would detect.
     */
    private void scan(int from) {
        int at = from;
        while (at < bytes.length) {
            if (at + 8 <= bytes.length) {
                long word = (long) LONG.get(bytes, at);
                long slashes = word ^ '\\' * EACH;
                boolean plain = ((word | (word - 0x20 * EACH)) & HIGH_BITS) == 0;
                boolean slash = ((slashes - EACH) & ~slashes & HIGH_BITS) != 0;
                if (plain && !slash) {
                    at += 8;
                    continue;
                }
            }
            int b = bytes[at];
            if (b >= 0x20) {
                escapes |= b == '\\';
                at++;
            } else if (b < 0) {
                int length = Utf8.sequence(bytes, at, bytes.length);
                if (length == 0) {
                    throw new Failure(Failure.Code.MALFORMED, "this is not UTF-8" + position(at));
                }
                at += length;
            } else if (b == '\n' || b == '\r' || b == '\t') {
                at++;
            } else {
                throw new Failure(Failure.Code.MALFORMED, "a control character, code " + b + position(at));
            }
        }
    }

    private void document(JsonParser parser, JsonToken first) throws IOException {
        int depth = 0;
        JsonToken token = first;
        while (true) {
            if (token == null) {
                throw malformed("the body ends in the middle of a value", parser.currentLocation());
            }
            switch (token) {
                case START_OBJECT -> {
                    depth++;
                    sink.startMap(Sink.UNKNOWN);
                }
                case END_OBJECT -> {
                    depth--;
                    sink.endMap();
                }
                case START_ARRAY -> {
                    depth++;
                    sink.startList(Sink.UNKNOWN);
                }
                case END_ARRAY -> {
                    depth--;
                    sink.endList();
                }
                case FIELD_NAME -> key(parser);
                case VALUE_STRING -> sink.text(checked(parser.getText(), parser));
                case VALUE_NUMBER_INT -> integer(parser);
                case VALUE_NUMBER_FLOAT -> number(parser);
                case VALUE_TRUE -> sink.bool(true);
                case VALUE_FALSE -> sink.bool(false);
                case VALUE_NULL -> sink.nothing();
                default -> throw new IllegalStateException("JSON has no " + token);
            }
            if (token != JsonToken.FIELD_NAME && !token.isStructEnd() && --elementsLeft < 0) {
                throw new Failure(
                        Failure.Code.TOO_LARGE,
                        "more than " + limits.elements() + " values" + at(parser.currentTokenLocation()));
            }
            if (depth == 0) {
                return;
            }
            token = parser.nextToken();
        }
    }

    private void key(JsonParser parser) throws IOException {
        String name = checked(parser.currentName(), parser);
        if (!sink.key(name)) {
            throw malformed("the key " + Refusal.shown(name) + " comes twice", parser.currentTokenLocation());
        }
    }

    private String checked(String text, JsonParser parser) {
        if (escapes && Utf8.loneSurrogate(text)) {
            throw malformed("a lone surrogate", parser.currentTokenLocation());
        }
        return text;
    }

    private void integer(JsonParser parser) throws IOException {
        if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
            sink.integer(parser.getBigIntegerValue());
        } else {
            sink.integer(parser.getLongValue());
        }
    }

    /** A number with a fraction or an exponent is a double where that prints as the same number, else a decimal. */
    private void number(JsonParser parser) throws IOException {
        double value = parser.getDoubleValue();
        if (sure(parser, Math.abs(value))) {
            sink.number(value);
            return;
        }
        BigDecimal exact = decimal(parser);
        if (Double.isFinite(value) && exact.compareTo(new BigDecimal(NumberOutput.toString(value, true))) == 0) {
            sink.number(value);
        } else {
            sink.number(exact);
        }
    }

    private static boolean sure(JsonParser parser, double size) throws IOException {
        char[] text = parser.getTextCharacters();
        int from = parser.getTextOffset();
        int to = from + parser.getTextLength();
        int digits = 0;
        for (int i = from; i < to && text[i] != 'e' && text[i] != 'E'; i++) {
            if (text[i] > '0' || (text[i] == '0' && digits > 0)) {
                digits++;
            }
        }
        return digits == 0 || (digits <= SURE_DIGITS && size >= LEAST_SURE && size <= Double.MAX_VALUE);
    }

    private BigDecimal decimal(JsonParser parser) throws IOException {
        try {
            BigDecimal exact = new BigDecimal(parser.getText());
            if (Math.abs((long) exact.scale()) <= limits.exponent()) {
                return exact;
            }
        } catch (NumberFormatException e) {
            // The exponent does not fit an int, and so is beyond every limit.
            throw hugeExponent(parser);
        }
        throw hugeExponent(parser);
    }

    private Failure hugeExponent(JsonParser parser) {
        return new Failure(
                Failure.Code.TOO_LARGE,
                "a number with an exponent beyond " + limits.exponent() + at(parser.currentTokenLocation()));
    }

    private static Failure malformed(String what, JsonLocation where) {
        return new Failure(Failure.Code.MALFORMED, what + at(where));
    }

    private static String at(JsonLocation where) {
        return ", at line " + where.getLineNr() + " column " + where.getColumnNr();
    }

    private String position(int at) {
        int line = 1;
        int start = 0;
        for (int i = 0; i < at; i++) {
            if (bytes[i] == '\n') {
                line++;
                start = i + 1;
            }
        }
        return ", at line " + line + " column " + (at - start + 1);
    }
}
