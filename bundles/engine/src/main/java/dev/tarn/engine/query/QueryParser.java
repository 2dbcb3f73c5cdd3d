// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import dev.tarn.api.data.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads a query string: conditions joined by {@code &} or {@code |}, grouped by {@code ( )} or {@code [ ]}, and calls such
 * as {@code limit(10)}, joined by {@code &}. What is percent-encoded belongs to names and values and never to the grammar,
 * but for the brackets of calls, which some clients encode. For one query.
 */
final class QueryParser {

    /** The deepest nesting of groups, and the most conditions and listed values. */
    static final int DEPTH = 64;

    static final int TERMS = 2_000;

    private static final String SPECIAL = "=!<>&|()[]";

    private final String text;
    private final Calls calls = new Calls();
    private int at;
    private int depth;
    private int terms;

    private QueryParser(String text) {
        this.text = text;
    }

    /**
     * What the query string asks for.
     *
     * @throws Failure MALFORMED with the position and what was expected there; UNSUPPORTED
     */
    static Question parse(String text) {
        QueryParser parser = new QueryParser(text);
        Where where = text.isEmpty() ? new Where.And(List.of()) : parser.items('\0');
        return parser.calls.question(where);
    }

    /** Items up to the group's end. */
    private Where items(char close) {
        List<Where> parts = new ArrayList<>();
        char joined = 0;
        char before = 0;
        boolean afterCall = true;
        while (true) {
            int start = at;
            Where part = item(close, before == '&' && !afterCall ? parts.get(parts.size() - 1) : null);
            if (part != null && !parts.isEmpty()) {
                if (joined != 0 && joined != before) {
                    throw wrong(start - 1, "& and | in one group; put what belongs together in ( ) or [ ]");
                }
                joined = before;
            }
            if (part == null && before == '|') {
                throw wrong(start - 1, "a call is joined by &, not by |");
            }
            afterCall = part == null;
            if (part != null) {
                parts.add(part);
            }
            if (at == text.length() || (close != 0 && text.charAt(at) == close)) {
                return joined == '|' ? new Where.Or(parts) : parts.size() == 1 ? parts.get(0) : new Where.And(parts);
            }
            before = text.charAt(at);
            if (before != '&' && before != '|') {
                throw wrong(at, "expected & or |" + (close == 0 ? "" : " or " + close) + ", found " + found(at));
            }
            if (before == '|' && afterCall) {
                throw wrong(at, "a call is joined by &, not by |");
            }
            at++;
        }
    }

    /** A group, a condition, or a call, for which null is returned. */
    private @Nullable Where item(char close, @Nullable Where before) {
        if (at < text.length() && (text.charAt(at) == '(' || text.charAt(at) == '[')) {
            return group();
        }
        int start = at;
        if (close == 0 && encodedCall()) {
            return null;
        }
        while (at < text.length() && SPECIAL.indexOf(text.charAt(at)) < 0) {
            at++;
        }
        String name = decoded(start, at);
        if (name.isEmpty()) {
            throw wrong(start, "expected a condition such as price=gt=100, found " + found(start));
        }
        if (at < text.length() && text.charAt(at) == '(') {
            call(name, start, close);
            return null;
        }
        return condition(name, start, close, before);
    }

    private Where group() {
        char close = text.charAt(at) == '(' ? ')' : ']';
        int start = at++;
        if (++depth > DEPTH) {
            throw wrong(start, "groups nest at most " + DEPTH + " deep");
        }
        Where inner = items(close);
        if (at == text.length()) {
            throw wrong(at, "expected " + close + " for the group that begins at " + start + ", found the end");
        }
        at++;
        depth--;
        return inner;
    }

    // Calls

    /** A call whose brackets are encoded; some clients do that. */
    private boolean encodedCall() {
        int end = at;
        while (end < text.length() && text.charAt(end) != '&' && text.charAt(end) != '|') {
            end++;
        }
        int bracket = text.indexOf("%28", at);
        if (bracket < 0 || bracket >= end || !Calls.known(text.substring(at, bracket))) {
            return false;
        }
        String whole = decoded(at, end);
        if (!whole.endsWith(")")) {
            throw wrong(end, "expected ) for the call that begins at " + at);
        }
        int open = whole.indexOf('(');
        calls.take(whole.substring(0, open), whole.substring(open + 1, whole.length() - 1), at);
        at = end;
        return true;
    }

    private void call(String name, int start, char close) {
        if (close != 0) {
            throw wrong(start, name + "(…) stands beside the conditions, not in a group");
        }
        int open = at;
        int nested = 0;
        do {
            if (at == text.length()) {
                throw wrong(at, "expected ) for the call that begins at " + start + ", found the end");
            }
            char c = text.charAt(at++);
            nested += c == '(' ? 1 : c == ')' ? -1 : 0;
        } while (nested > 0);
        calls.take(name, decoded(open + 1, at - 1), start);
    }

    // Conditions

    private Where condition(String name, int start, char close, @Nullable Where before) {
        if (++terms > TERMS) {
            throw wrong(start, "more than " + TERMS + " conditions and values");
        }
        int sign = at;
        boolean strict;
        Operator operator;
        if (text.startsWith("!==", at)) {
            operator = Operator.DIFFERENT;
            strict = true;
            at += 3;
        } else if (text.startsWith("!=", at)) {
            operator = Operator.DIFFERENT;
            strict = false;
            at += 2;
        } else if (text.startsWith("===", at)) {
            operator = Operator.EQUAL;
            strict = true;
            at += 3;
        } else if (text.startsWith("==", at)) {
            operator = Operator.EQUAL;
            strict = false;
            at += 2;
        } else if (at < text.length() && text.charAt(at) == '=') {
            Operator named = named();
            Operator chained = named == null ? chained(name, before) : null;
            if (chained != null) {
                at++;
                Where.Compare first = (Where.Compare) java.util.Objects.requireNonNull(before);
                return new Where.Compare(first.property(), chained, List.of(literal(close, false)), start);
            }
            operator = named == null ? Operator.EQUAL : named;
            strict = named == null;
            at += named == null ? 1 : 0;
        } else {
            throw wrong(sign, "expected a comparator (" + Operator.ALL + ") after " + name + ", found " + found(sign));
        }
        if (operator == Operator.IN) {
            return new Where.Compare(name, operator, list(), start);
        }
        int from = at;
        Literal literal = literal(close, strict);
        if (operator == Operator.EQUAL && !strict && at > from && text.charAt(at - 1) == '*') {
            String prefix = decoded(from, at - 1);
            return new Where.Compare(name, Operator.STARTS, List.of(new Literal(prefix, true, from)), start);
        }
        return new Where.Compare(name, operator, List.of(literal), start);
    }

    /** The comparator between two equals signs; null, with nothing read, when there is no second one. */
    private @Nullable Operator named() {
        int end = at + 1;
        while (end < text.length() && Character.isLetter(text.charAt(end))) {
            end++;
        }
        if (end == at + 1 || end == text.length() || text.charAt(end) != '=') {
            return null;
        }
        Operator operator = Operator.BY_LETTERS.get(text.substring(at + 1, end).toLowerCase(Locale.ROOT));
        if (operator == null) {
            throw wrong(
                    at,
                    "expected a comparator (" + Operator.ALL + "), found " + text.substring(at, end + 1)
                            + "; an = within a value is written %3D");
        }
        at = end + 1;
        return operator;
    }

    /** In {@code price=gt=100&lt=200} the second comparator is about the same property. */
    private static @Nullable Operator chained(String name, @Nullable Where before) {
        Operator operator = Operator.BY_LETTERS.get(name);
        boolean chains = operator != null
                && operator.range()
                && before instanceof Where.Compare first
                && first.operator().range();
        return chains ? operator : null;
    }

    /** A value up to the next joint or the group's end; brackets within it are paired. */
    private Literal literal(char close, boolean strict) {
        int from = at;
        int nested = 0;
        char open = close == ')' ? '(' : '[';
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '&' || c == '|') {
                break;
            }
            if (close != 0 && c == close && nested-- == 0) {
                break;
            }
            nested += close != 0 && c == open ? 1 : 0;
            at++;
        }
        return new Literal(decoded(from, at), strict, from);
    }

    private List<Literal> list() {
        if (at == text.length() || (text.charAt(at) != '(' && text.charAt(at) != '[')) {
            throw wrong(at, "expected ( and the values of =in=, found " + found(at));
        }
        char close = text.charAt(at) == '(' ? ')' : ']';
        List<Literal> values = new ArrayList<>();
        do {
            int from = ++at;
            while (at < text.length() && text.charAt(at) != ',' && text.charAt(at) != close) {
                at++;
            }
            if (at == text.length()) {
                throw wrong(at, "expected , or " + close + ", found the end");
            }
            if (++terms > TERMS) {
                throw wrong(from, "more than " + TERMS + " conditions and values");
            }
            values.add(new Literal(decoded(from, at), false, from));
        } while (text.charAt(at) == ',');
        at++;
        return values;
    }

    // Text

    private String found(int position) {
        return position >= text.length() ? "the end" : "\"" + text.charAt(position) + "\"";
    }

    private String decoded(int from, int to) {
        return Escapes.decoded(text, from, to);
    }

    /** Text of a client, cut to what a message needs. */
    static String shown(String text) {
        return text.length() > 40 ? text.substring(0, 40) + "…" : text;
    }

    /** What is wrong with a query, and where. */
    static Failure wrong(int position, String what) {
        return new Failure(Failure.Code.MALFORMED, "at " + position + " in the query: " + what);
    }
}
