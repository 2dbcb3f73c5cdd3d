// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Failure;
import java.util.Arrays;

/**
 * A regular expression that a whole text has to match, run as an automaton that is in all its states at once: each
 * character costs at most as many steps as the expression has parts, whatever the text (Thompson, 1968). Back-references
 * and look-around, which no such automaton can do, are refused. Immutable, safe on any thread.
 */
final class TextPattern {
    /** The most steps for one text. */
    static final long STEPS = 20_000_000;

    /**
     * One part: takes a character of a set and goes on, or goes on to one or two others without taking any.
     *
     * @param set pairs of first and last code points; null for a part that takes nothing
     */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    record Part(Kind kind, int[] set, int next, int other) {}

    /** What a part does. */
    enum Kind {
        TAKE,
        SPLIT,
        START,
        END,
        MATCH
    }

    private final Part[] parts;

    TextPattern(Part[] parts) {
        this.parts = parts;
    }

    /**
     * Reads an expression.
     *
     * @throws Failure MALFORMED with the position
     */
    static TextPattern parse(String text) {
        return new PatternParser(text).pattern();
    }

    /** Whether matching a text of this many characters is refused, since it could take too long. */
    boolean tooLong(int characters) {
        return (long) characters * parts.length > STEPS;
    }

    /** Whether the whole text matches. */
    boolean matches(String text) {
        States now = new States(parts.length);
        States next = new States(parts.length);
        add(now, 0, true, text.isEmpty());
        int at = 0;
        while (at < text.length()) {
            int c = text.codePointAt(at);
            at += Character.charCount(c);
            next.clear();
            for (int i = 0; i < now.count; i++) {
                Part part = parts[now.list[i]];
                if (part.kind() == Kind.TAKE && contains(part.set(), c)) {
                    add(next, part.next(), false, at == text.length());
                }
            }
            if (next.count == 0) {
                return false;
            }
            States swap = now;
            now = next;
            next = swap;
        }
        for (int i = 0; i < now.count; i++) {
            if (parts[now.list[i]].kind() == Kind.MATCH) {
                return true;
            }
        }
        return false;
    }

    /** Adds a state and all that are reached from it without a character. */
    private void add(States states, int first, boolean start, boolean end) {
        int[] open = states.open;
        int depth = 0;
        open[depth++] = first;
        while (depth > 0) {
            int state = open[--depth];
            if (!states.enter(state)) {
                continue;
            }
            Part part = parts[state];
            boolean passes = part.kind() == Kind.SPLIT
                    || (part.kind() == Kind.START && start)
                    || (part.kind() == Kind.END && end);
            if (passes) {
                open[depth++] = part.next();
                if (part.other() >= 0) {
                    open[depth++] = part.other();
                }
            }
        }
    }

    private static boolean contains(int[] set, int c) {
        int low = 0;
        int high = set.length / 2 - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (c < set[2 * middle]) {
                high = middle - 1;
            } else if (c > set[2 * middle + 1]) {
                low = middle + 1;
            } else {
                return true;
            }
        }
        return false;
    }

    /** The states that the automaton is in. */
    private static final class States {
        private final int[] list;
        private final int[] stamp;
        /** States that are to be entered: each pushes two at most, once. */
        private final int[] open;

        private int count;
        private int epoch = 1;

        States(int parts) {
            list = new int[parts];
            stamp = new int[parts];
            open = new int[2 * parts + 2];
        }

        boolean enter(int state) {
            if (stamp[state] == epoch) {
                return false;
            }
            stamp[state] = epoch;
            list[count++] = state;
            return true;
        }

        void clear() {
            count = 0;
            if (++epoch == Integer.MAX_VALUE) {
                Arrays.fill(stamp, 0);
                epoch = 1;
            }
        }
    }
}
