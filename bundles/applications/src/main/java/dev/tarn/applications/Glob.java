// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * A pattern over the files of an application, as config.yaml writes them: {@code *} and {@code ?} within a name,
 * {@code **} over any number of folders, {@code {a,b}} for a choice. Immutable.
 */
final class Glob {

    /** Longer ones are refused, so that no pattern costs much. */
    private static final int LONGEST = 256;

    private static final int MOST_STARS = 8;

    private final String text;
    private final String base;
    private final Pattern pattern;

    private Glob(String text, String base, Pattern pattern) {
        this.text = text;
        this.base = base;
        this.pattern = pattern;
    }

    /**
     * The pattern with this text, relative to the application's folder.
     *
     * @throws IllegalArgumentException when it leaves the folder or cannot be read; the message is for the user
     */
    static Glob of(String written) {
        String text = written.startsWith("./") ? written.substring(2) : written;
        if (text.isEmpty() || text.length() > LONGEST) {
            throw new IllegalArgumentException("a pattern has 1 to " + LONGEST + " characters");
        }
        if (text.startsWith("/") || text.indexOf('\\') >= 0 || hasDotDot(text)) {
            throw new IllegalArgumentException(
                    "'" + written + "' leaves the application's folder: write it relative to the folder, with slashes");
        }
        if (text.chars().filter(c -> c == '*').count() > MOST_STARS) {
            throw new IllegalArgumentException("'" + written + "' has more than " + MOST_STARS + " stars");
        }
        String trimmed = text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
        try {
            return new Glob(trimmed, base(trimmed), Pattern.compile(regex(trimmed)));
        } catch (PatternSyntaxException unreadable) {
            throw new IllegalArgumentException("'" + written + "' is not a pattern: " + unreadable.getDescription());
        }
    }

    private static boolean hasDotDot(String text) {
        for (String segment : text.split("/", -1)) {
            if (segment.equals("..")) {
                return true;
            }
        }
        return false;
    }

    /** The folder that the pattern begins with, with a slash at its end, or nothing. */
    private static String base(String text) {
        int special = text.length();
        for (int i = 0; i < text.length(); i++) {
            if ("*?{".indexOf(text.charAt(i)) >= 0) {
                special = i;
                break;
            }
        }
        int slash = text.lastIndexOf('/', special - 1);
        return special == 0 || slash < 0 ? "" : text.substring(0, slash + 1);
    }

    private static String regex(String text) {
        StringBuilder regex = new StringBuilder();
        int depth = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (text.startsWith("**/", i)) {
                regex.append("(?:.*/)?");
                i += 2;
            } else if (text.startsWith("**", i)) {
                regex.append(".*");
                i++;
            } else if (c == '*') {
                regex.append("[^/]*");
            } else if (c == '?') {
                regex.append("[^/]");
            } else if (c == '{') {
                depth++;
                regex.append("(?:");
            } else if (c == '}' && depth > 0) {
                depth--;
                regex.append(')');
            } else if (c == ',' && depth > 0) {
                regex.append('|');
            } else {
                regex.append(Pattern.quote(String.valueOf(c)));
            }
        }
        return regex.toString();
    }

    /** Whether there is no special character, so that it names one file or folder. */
    boolean exact() {
        return text.chars().allMatch(c -> "*?{".indexOf(c) < 0);
    }

    boolean matches(String file) {
        return pattern.matcher(file).matches();
    }

    /**
     * The part of the file's name below the folder that the pattern begins with, or null when it does not match. A
     * pattern that names a folder stands for everything in it.
     */
    @Nullable
    String below(String file) {
        if (matches(file)) {
            return file.substring(base.length());
        }
        if (exact() && file.startsWith(text + "/")) {
            return file.substring(text.length() + 1);
        }
        return null;
    }

    @Override
    public String toString() {
        return text;
    }
}
