// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What can be seen of a module without running it: its text without comments and, if wanted, without what is in quotes. */
final class ScriptText {

    private static final Pattern IMPORT = Pattern.compile(
            "(?:\\bimport\\s*(?:[\\w*${},\\s]+?\\bfrom\\s*)?|\\bexport\\s*[\\w*${},\\s]+?\\bfrom\\s*)(['\"])([^'\"\\n]+)\\1");

    private final String code;

    ScriptText(String text) {
        this.code = blanked(text);
    }

    /** A module that is imported. */
    record Imported(String name, int line) {}

    List<Imported> imports() {
        List<Imported> found = new ArrayList<>();
        Matcher matcher = IMPORT.matcher(code);
        while (matcher.find()) {
            found.add(new Imported(matcher.group(2), line(matcher.start(2))));
        }
        return found;
    }

    /** The line of a word that stands by itself and not behind a dot; 0 when it is nowhere. */
    int lineOf(String word) {
        Matcher matcher = Pattern.compile("(?<![\\w$.'\"`])" + Pattern.quote(word) + "\\s*\\(")
                .matcher(code);
        return matcher.find() ? line(matcher.start()) : 0;
    }

    private int line(int at) {
        return 1 + (int) code.substring(0, at).chars().filter(c -> c == '\n').count();
    }

    /** The text with comments as blanks. */
    private static String blanked(String text) {
        StringBuilder out = new StringBuilder(text.length());
        char quote = 0;
        for (int at = 0; at < text.length(); at++) {
            char c = text.charAt(at);
            char next = at + 1 < text.length() ? text.charAt(at + 1) : 0;
            if (quote != 0) {
                out.append(c);
                if (c == '\\' && next != 0) {
                    out.append(next);
                    at++;
                } else if (c == quote || (c == '\n' && quote != '`')) {
                    quote = 0;
                }
            } else if (c == '/' && next == '/') {
                at = end(text, at, '\n') - 1;
            } else if (c == '/' && next == '*') {
                int end = text.indexOf("*/", at + 2);
                int stop = end < 0 ? text.length() : end + 2;
                text.substring(at, stop).chars().filter(d -> d == '\n').forEach(d -> out.append('\n'));
                at = stop - 1;
            } else {
                quote = c == '\'' || c == '"' || c == '`' ? c : 0;
                out.append(c);
            }
        }
        return out.toString();
    }

    private static int end(String text, int from, char what) {
        int end = text.indexOf(what, from);
        return end < 0 ? text.length() : end;
    }
}
