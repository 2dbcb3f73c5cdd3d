// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the resolver's message, which nests filters in brackets, for the one thing that is missing. */
final class Requirement {
    private static final Pattern ANY = Pattern.compile("([a-z][a-z.]+); \\(");
    private static final Pattern NAMED = Pattern.compile("\\((osgi\\.[a-z.]+|objectClass)=([^)]*)\\)");
    private static final Pattern AT_LEAST = Pattern.compile("\\((?:bundle-)?version>=([^)]*)\\)");
    private static final Pattern BELOW = Pattern.compile("!\\((?:bundle-)?version>=([^)]*)\\)");

    private Requirement() {}

    /** What is missing, such as {@code package io.netty.buffer from 4.2 below 5}; the message itself if unclear. */
    static String missing(String message) {
        int summary = message.indexOf(" Unresolved requirements:");
        String chain = summary < 0 ? message : message.substring(0, summary);
        String kind = "";
        String filter = "";
        for (Matcher matcher = ANY.matcher(chain); matcher.find(); ) {
            kind = matcher.group(1);
            filter = balanced(chain, matcher.end() - 1);
        }
        Matcher named = NAMED.matcher(filter);
        if (!named.find()) {
            return Printable.text(message);
        }
        String withoutUpper = BELOW.matcher(filter).replaceAll("");
        Matcher low = AT_LEAST.matcher(withoutUpper);
        Matcher high = BELOW.matcher(filter);
        return "no " + kind.replace("osgi.wiring.", "").replace("osgi.", "") + " " + named.group(2)
                + (low.find() ? " from " + low.group(1) : "")
                + (high.find() ? " below " + high.group(1) : "");
    }

    /** The text from this opening bracket to the one that closes it. */
    private static String balanced(String text, int from) {
        int depth = 0;
        for (int i = from; i < text.length(); i++) {
            depth += text.charAt(i) == '(' ? 1 : text.charAt(i) == ')' ? -1 : 0;
            if (depth == 0) {
                return text.substring(from, i + 1);
            }
        }
        return text.substring(from);
    }
}
