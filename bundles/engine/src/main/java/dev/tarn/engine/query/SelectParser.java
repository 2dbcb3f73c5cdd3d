// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import java.util.ArrayList;
import java.util.List;

/**
 * What is between the brackets of select: {@code a} is the value itself, {@code a,} and {@code a,b} an object,
 * {@code [a,b]} an array; {@code a{b,c}} takes part of a property.
 */
final class SelectParser {

    private static final int DEPTH = 16;
    private static final int FIELDS = 1_000;
    private static final String SPECIAL = ",{}[]()";

    private final String text;
    private final int offset;
    private int at;
    private int fields;

    /** @param offset where the text begins in the query, for messages */
    SelectParser(String text, int offset) {
        this.text = text;
        this.offset = offset;
    }

    Fields fields() {
        boolean array = text.startsWith("[");
        at = array ? 1 : 0;
        List<Fields.Field> fields = new ArrayList<>();
        fields.add(field(0));
        boolean comma = false;
        while (at < text.length() && text.charAt(at) == ',') {
            comma = true;
            at++;
            if (at < text.length() && !(array && text.charAt(at) == ']')) {
                fields.add(field(0));
            }
        }
        if (array && (at == text.length() || text.charAt(at++) != ']')) {
            throw wrong("expected , or ]");
        }
        if (at < text.length()) {
            throw wrong("expected , or the end");
        }
        Fields.Form form = array ? Fields.Form.ARRAY : comma ? Fields.Form.OBJECT : Fields.Form.VALUE;
        return new Fields(form, fields);
    }

    private Fields.Field field(int depth) {
        int from = at;
        while (at < text.length() && SPECIAL.indexOf(text.charAt(at)) < 0) {
            at++;
        }
        if (at == from || ++fields > FIELDS) {
            throw wrong(at == from ? "expected a property's name" : "more than " + FIELDS + " properties");
        }
        String name = text.substring(from, at);
        List<Fields.Field> inner = new ArrayList<>();
        if (at < text.length() && text.charAt(at) == '{') {
            if (depth == DEPTH) {
                throw wrong("properties nest at most " + DEPTH + " deep");
            }
            do {
                at++;
                inner.add(field(depth + 1));
            } while (at < text.length() && text.charAt(at) == ',');
            if (at == text.length() || text.charAt(at) != '}') {
                throw wrong("expected , or }");
            }
            at++;
        }
        return new Fields.Field(name, inner);
    }

    private RuntimeException wrong(String what) {
        return QueryParser.wrong(
                offset + at, what + ", found " + (at >= text.length() ? "the end" : "\"" + text.charAt(at) + "\""));
    }
}
