// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.data;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a row, a message or a resource is: segments joined by {@code /}. The first segment names a resource, the rest is
 * the row's id. Every legal MQTT topic name is a path and every path is a legal topic name: 1 to 65,535 bytes of UTF-8,
 * no U+0000, no wildcard; segments may be empty, so {@code /}, {@code a/} and {@code /a} are three different paths.
 * [MQTT-4.7.3-1], [MQTT-4.7.3-2], [MQTT-4.7.3-3]. Immutable; ordered as {@link #compareTo} says.
 */
public final class Path implements Comparable<Path> {

    /** The longest path in bytes of UTF-8. */
    public static final int LONGEST = 65_535;

    private final String text;

    /** Index of the first slash, or -1. */
    private final int slash;

    private Path(String text) {
        this.text = text;
        this.slash = text.indexOf('/');
    }

    /**
     * The path with this text.
     *
     * @throws Failure MALFORMED when it is empty, too long, or has U+0000, a lone surrogate, {@code +} or {@code #}
     */
    public static Path of(String text) {
        Texts.check(text, "path");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '+' || c == '#') {
                throw new Failure(Failure.Code.MALFORMED, "a path has no wildcard, but there is one at " + i);
            }
        }
        return new Path(text);
    }

    /** The path of the given segments, each used as it is. */
    public static Path of(List<String> segments) {
        return of(String.join("/", segments));
    }

    /** The whole path, segments joined by slashes. */
    public String text() {
        return text;
    }

    /** The first segment, which names a resource; may be empty. */
    public String first() {
        return slash < 0 ? text : text.substring(0, slash);
    }

    /** What follows the first slash, or null when there is one segment only. May be empty. */
    public @Nullable String rest() {
        return slash < 0 ? null : text.substring(slash + 1);
    }

    /** This path with another first segment. */
    public Path withFirst(String first) {
        if (text.startsWith(first) && (slash < 0 ? text.length() : slash) == first.length()) {
            return this;
        }
        return of(slash < 0 ? first : first + text.substring(slash));
    }

    /** The segments; at least one. */
    public List<String> segments() {
        return Texts.split(text);
    }

    /** Orders by code points, which is the order of the UTF-8 bytes and of rows in the store. */
    @Override
    public int compareTo(Path other) {
        return Texts.compare(text, other.text);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Path path && path.text.equals(text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }

    /** Rules that paths and filters share. */
    static final class Texts {
        private Texts() {}

        static void check(String text, String what) {
            if (text.isEmpty()) {
                throw new Failure(Failure.Code.MALFORMED, "an empty " + what);
            }
            int bytes = 0;
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                if (c == 0) {
                    throw new Failure(Failure.Code.MALFORMED, "U+0000 in a " + what + " at " + i);
                } else if (c < 0x80) {
                    bytes++;
                } else if (c < 0x800) {
                    bytes += 2;
                } else if (Character.isHighSurrogate(c)
                        && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(i + 1))) {
                    bytes += 4;
                    i++;
                } else if (Character.isSurrogate(c)) {
                    throw new Failure(Failure.Code.MALFORMED, "a lone surrogate in a " + what + " at " + i);
                } else {
                    bytes += 3;
                }
            }
            if (bytes > LONGEST) {
                throw new Failure(
                        Failure.Code.MALFORMED, "a " + what + " of " + bytes + " bytes, the longest is " + LONGEST);
            }
        }

        static List<String> split(String text) {
            List<String> segments = new ArrayList<>();
            int from = 0;
            for (int to = text.indexOf('/'); to >= 0; to = text.indexOf('/', from)) {
                segments.add(text.substring(from, to));
                from = to + 1;
            }
            segments.add(text.substring(from));
            return List.copyOf(segments);
        }

        static int compare(String a, String b) {
            int length = Math.min(a.length(), b.length());
            for (int i = 0; i < length; i++) {
                char x = a.charAt(i);
                char y = b.charAt(i);
                if (x != y) {
                    // UTF-16 puts surrogates below U+E000..U+FFFF, code points above.
                    boolean highX = Character.isSurrogate(x);
                    boolean highY = Character.isSurrogate(y);
                    return highX == highY ? Character.compare(x, y) : highX ? 1 : -1;
                }
            }
            return Integer.compare(a.length(), b.length());
        }
    }
}
