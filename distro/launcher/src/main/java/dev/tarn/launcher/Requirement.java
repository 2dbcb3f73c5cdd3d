// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the resolver's message, which nests filters in brackets, for the one thing that is missing. */
final class Requirement {
    private static final Pattern INNERMOST =
            Pattern.compile("missing requirement \\[[^\\]]*\\] ([a-z.]+); (\\(.*?\\))(?:\\]|\\s|$)");
    private static final Pattern NAMED = Pattern.compile("\\((osgi\\.[a-z.]+|objectClass)=([^)]*)\\)");
    private static final Pattern AT_LEAST = Pattern.compile("\\((?:bundle-)?version>=([^)]*)\\)");
    private static final Pattern BELOW = Pattern.compile("!\\((?:bundle-)?version>=([^)]*)\\)");

    private Requirement() {}

    /** What is missing, such as {@code package io.netty.buffer from 4.2 below 5}; the message itself if unclear. */
    static String missing(String message) {
        String filter = null;
        String kind = "";
        for (Matcher matcher = INNERMOST.matcher(message); matcher.find(); ) {
            kind = matcher.group(1);
            filter = matcher.group(2);
        }
        Matcher named = filter == null ? null : NAMED.matcher(filter);
        if (filter == null || named == null || !named.find()) {
            return Printable.text(message);
        }
        String withoutUpper = BELOW.matcher(filter).replaceAll("");
        Matcher low = AT_LEAST.matcher(withoutUpper);
        Matcher high = BELOW.matcher(filter);
        return "no " + kind.replace("osgi.wiring.", "").replace("osgi.", "") + " " + named.group(2)
                + (low.find() ? " from " + low.group(1) : "")
                + (high.find() ? " below " + high.group(1) : "");
    }
}
