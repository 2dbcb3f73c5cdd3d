// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Reads a regular expression: characters, {@code .}, classes, {@code \d \w \s} and their opposites, groups, {@code |},
 * {@code * + ? {m,n}}, {@code ^ $}. For one expression.
 */
final class PatternParser {
    private static final int DEPTH = 64;
    private static final int PARTS = 10_000;
    private static final int REPEATS = 1_000;
    private static final int LAST = Character.MAX_CODE_POINT;
    private static final int[] DIGITS = {'0', '9'};
    private static final int[] WORDS = {'0', '9', 'A', 'Z', '_', '_', 'a', 'z'};
    private static final int[] SPACES = {'\t', '\r', ' ', ' ', 0xA0, 0xA0, 0x2028, 0x2029};
    private static final int[] NO_LINE_END = {0, '\n' - 1, '\n' + 1, '\r' - 1, '\r' + 1, LAST};

    private final String text;
    private int at;
    private int depth;
    private int laid;
    private final List<TextPattern.Part> parts = new ArrayList<>();

    PatternParser(String text) {
        this.text = text;
    }

    /** What an expression means, to be laid out as often as it is repeated. */
    private sealed interface Node {
        @SuppressWarnings("ArrayRecordComponent") // Never compared.
        record Set(int[] set) implements Node {}

        record Edge(TextPattern.Kind kind) implements Node {}

        record Row(List<Node> nodes) implements Node {}

        record Choice(List<Node> nodes) implements Node {}

        record Repeat(Node node, int least, int most) implements Node {}
    }

    TextPattern pattern() {
        Node node = choice();
        if (at < text.length()) {
            throw wrong(at, "expected the end, found \"" + text.charAt(at) + "\"");
        }
        lay(node);
        part(TextPattern.Kind.MATCH, -1);
        return new TextPattern(parts.toArray(TextPattern.Part[]::new));
    }

    private Node choice() {
        if (++depth > DEPTH) {
            throw wrong(at, "groups nest at most " + DEPTH + " deep");
        }
        List<Node> choices = new ArrayList<>();
        choices.add(row());
        while (at < text.length() && text.charAt(at) == '|') {
            at++;
            choices.add(row());
        }
        depth--;
        return choices.size() == 1 ? choices.get(0) : new Node.Choice(choices);
    }

    private Node row() {
        List<Node> nodes = new ArrayList<>();
        while (at < text.length() && text.charAt(at) != '|' && text.charAt(at) != ')') {
            nodes.add(repeated(atom()));
        }
        return new Node.Row(nodes);
    }

    private Node atom() {
        int start = at;
        int c = text.codePointAt(at);
        at += Character.charCount(c);
        return switch (c) {
            case '(' -> group(start);
            case '[' -> new Node.Set(set(start));
            case '.' -> new Node.Set(NO_LINE_END);
            case '^' -> new Node.Edge(TextPattern.Kind.START);
            case '$' -> new Node.Edge(TextPattern.Kind.END);
            case '\\' -> new Node.Set(escaped(start));
            case '*', '+', '?', '{' -> throw wrong(start, "nothing to repeat before \"" + (char) c + "\"");
            default -> new Node.Set(new int[] {c, c});
        };
    }

    private Node group(int start) {
        if (text.startsWith("?:", at)) {
            at += 2;
        } else if (text.startsWith("?", at)) {
            throw wrong(start, "only plain groups and (?: are known; no look-around, names or flags");
        }
        Node inner = choice();
        if (at == text.length()) {
            throw wrong(at, "expected ) for the group that begins at " + start);
        }
        at++;
        return inner;
    }

    private Node repeated(Node node) {
        Node result = node;
        while (at < text.length() && "*+?{".indexOf(text.charAt(at)) >= 0) {
            int start = at;
            char sign = text.charAt(at++);
            int least = sign == '+' ? 1 : 0;
            int most = sign == '?' ? 1 : Integer.MAX_VALUE;
            if (sign == '{') {
                least = count(start);
                most = least;
                if (at < text.length() && text.charAt(at) == ',') {
                    at++;
                    most = at < text.length() && text.charAt(at) == '}' ? Integer.MAX_VALUE : count(start);
                }
                if (at == text.length() || text.charAt(at++) != '}' || most < least) {
                    throw wrong(start, "expected a count such as {3}, {3,} or {3,5}");
                }
            }
            // Whether it takes much or little first makes no difference to whether all of it matches.
            at += at < text.length() && text.charAt(at) == '?' ? 1 : 0;
            result = new Node.Repeat(result, least, most);
        }
        return result;
    }

    private int count(int start) {
        int from = at;
        while (at < text.length() && at - from < 5 && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        int count = at == from ? REPEATS + 1 : Integer.parseInt(text.substring(from, at));
        if (count > REPEATS) {
            throw wrong(start, "expected a count of at most " + REPEATS);
        }
        return count;
    }

    private int[] escaped(int start) {
        if (at == text.length()) {
            throw wrong(start, "expected a character after \\");
        }
        char c = text.charAt(at++);
        return switch (c) {
            case 'd' -> DIGITS;
            case 'D' -> not(DIGITS);
            case 'w' -> WORDS;
            case 'W' -> not(WORDS);
            case 's' -> SPACES;
            case 'S' -> not(SPACES);
            case 't' -> new int[] {'\t', '\t'};
            case 'n' -> new int[] {'\n', '\n'};
            case 'r' -> new int[] {'\r', '\r'};
            case 'u' -> {
                int code = at + 4 > text.length() ? -1 : hex(text.substring(at, at + 4));
                if (code < 0) {
                    throw wrong(start, "expected four hex digits after \\u");
                }
                at += 4;
                yield new int[] {code, code};
            }
            default -> {
                if (Character.isLetterOrDigit(c)) {
                    throw wrong(start, "\\" + c + " is not known");
                }
                yield new int[] {c, c};
            }
        };
    }

    private static int hex(String digits) {
        try {
            return digits.charAt(0) == '+' || digits.charAt(0) == '-' ? -1 : Integer.parseInt(digits, 16);
        } catch (NumberFormatException none) {
            return -1;
        }
    }

    private int[] set(int start) {
        boolean opposite = at < text.length() && text.charAt(at) == '^';
        at += opposite ? 1 : 0;
        TreeMap<Integer, Integer> ranges = new TreeMap<>();
        boolean first = true;
        while (first || at == text.length() || text.charAt(at) != ']') {
            if (at == text.length()) {
                throw wrong(at, "expected ] for the class that begins at " + start);
            }
            first = false;
            int[] one = character();
            boolean range = one.length == 2
                    && one[0] == one[1]
                    && at + 1 < text.length()
                    && text.charAt(at) == '-'
                    && text.charAt(at + 1) != ']';
            if (range) {
                int dash = at++;
                int[] end = character();
                if (end.length != 2 || end[0] != end[1] || end[0] < one[0]) {
                    throw wrong(dash, "expected a greater character after the dash");
                }
                one = new int[] {one[0], end[0]};
            }
            for (int i = 0; i < one.length; i += 2) {
                ranges.merge(one[i], one[i + 1], Math::max);
            }
        }
        at++;
        int[] set = merged(ranges);
        return opposite ? not(set) : set;
    }

    private int[] character() {
        int start = at;
        int c = text.codePointAt(at);
        at += Character.charCount(c);
        return c == '\\' ? escaped(start) : new int[] {c, c};
    }

    /** Ranges that do not overlap, ascending. */
    private static int[] merged(SortedMap<Integer, Integer> ranges) {
        List<Integer> set = new ArrayList<>();
        ranges.forEach((from, to) -> {
            int last = set.size() - 1;
            if (last > 0 && set.get(last) >= from - 1) {
                set.set(last, Math.max(set.get(last), to));
            } else {
                set.add(from);
                set.add(to);
            }
        });
        return set.stream().mapToInt(Integer::intValue).toArray();
    }

    private static int[] not(int[] set) {
        List<Integer> others = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < set.length; i += 2) {
            if (set[i] > from) {
                others.add(from);
                others.add(set[i] - 1);
            }
            from = set[i + 1] + 1;
        }
        if (from <= LAST) {
            others.add(from);
            others.add(LAST);
        }
        return others.stream().mapToInt(Integer::intValue).toArray();
    }

    // Laying out: each node's parts, after which whatever is laid out next follows.

    private void lay(Node node) {
        // Groups may be empty, so repeats of them are counted as well.
        if (++laid > 10 * PARTS) {
            throw wrong(text.length(), "the expression has too many repeats");
        }
        if (node instanceof Node.Set set) {
            parts.add(new TextPattern.Part(TextPattern.Kind.TAKE, set.set(), parts.size() + 1, -1));
            checkSize();
        } else if (node instanceof Node.Edge edge) {
            part(edge.kind(), -1);
        } else if (node instanceof Node.Row row) {
            row.nodes().forEach(this::lay);
        } else if (node instanceof Node.Choice choice) {
            lay(choice);
        } else {
            lay((Node.Repeat) node);
        }
    }

    private void lay(Node.Choice choice) {
        List<Integer> jumps = new ArrayList<>();
        for (int i = 0; i < choice.nodes().size(); i++) {
            boolean last = i == choice.nodes().size() - 1;
            int split = parts.size();
            if (!last) {
                part(TextPattern.Kind.SPLIT, -1);
            }
            lay(choice.nodes().get(i));
            if (!last) {
                jumps.add(parts.size());
                part(TextPattern.Kind.SPLIT, -1);
                aim(split, split + 1, parts.size());
            }
        }
        jumps.forEach(jump -> aim(jump, parts.size(), -1));
    }

    private void lay(Node.Repeat repeat) {
        for (int i = 0; i < repeat.least(); i++) {
            lay(repeat.node());
        }
        if (repeat.most() == Integer.MAX_VALUE) {
            int split = parts.size();
            part(TextPattern.Kind.SPLIT, -1);
            lay(repeat.node());
            part(TextPattern.Kind.SPLIT, -1);
            aim(parts.size() - 1, split, -1);
            aim(split, split + 1, parts.size());
            return;
        }
        List<Integer> splits = new ArrayList<>();
        for (int i = repeat.least(); i < repeat.most(); i++) {
            splits.add(parts.size());
            part(TextPattern.Kind.SPLIT, -1);
            lay(repeat.node());
        }
        splits.forEach(split -> aim(split, split + 1, parts.size()));
    }

    private void part(TextPattern.Kind kind, int other) {
        parts.add(new TextPattern.Part(kind, new int[0], parts.size() + 1, other));
        checkSize();
    }

    private void aim(int part, int next, int other) {
        parts.set(part, new TextPattern.Part(TextPattern.Kind.SPLIT, new int[0], next, other));
    }

    private void checkSize() {
        if (parts.size() > PARTS) {
            throw wrong(text.length(), "the expression, its repeats written out, has more than " + PARTS + " parts");
        }
    }

    private static Failure wrong(int position, String what) {
        return new Failure(Failure.Code.MALFORMED, "at " + position + " in the pattern: " + what);
    }
}
