// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Entity tags: a row's version in base 36, a dash, and letters for the format and the coding, since a strong validator
 * must differ between representations (RFC 9110 §8.8.1). If-Match looks at the version alone.
 */
final class Tag {
    private static final Pattern ONE = Pattern.compile("\\s*(W/)?\"([\\x21\\x23-\\x7E\\x80-\\xFF]*)\"\\s*(?:,|$)");

    private Tag() {}

    /** The tag of a row in one representation, with its quotes. */
    static String of(long version, String representation) {
        return "\"" + Long.toString(version, 36) + "-" + representation + "\"";
    }

    /** Whether one of the tags in If-None-Match is this one: weak comparison (RFC 9110 §13.1.2). */
    static boolean matches(List<String> headers, String tag) {
        String opaque = tag.substring(1, tag.length() - 1);
        for (String header : headers) {
            if (header.strip().equals("*")) {
                return true;
            }
            Matcher matcher = ONE.matcher(header);
            while (matcher.lookingAt()) {
                if (matcher.group(2).equals(opaque)) {
                    return true;
                }
                matcher.region(matcher.end(), header.length());
            }
        }
        return false;
    }

    /** The versions that If-Match names; weak tags and those of others name none (RFC 9110 §13.1.1). */
    static Set<Long> versions(List<String> headers) {
        return versions(headers, false);
    }

    /** The versions that If-None-Match of a write names, also with weak tags (RFC 9110 §13.1.2). */
    static Set<Long> anyVersions(List<String> headers) {
        return versions(headers, true);
    }

    private static Set<Long> versions(List<String> headers, boolean weak) {
        Set<Long> versions = new HashSet<>();
        for (String header : headers) {
            Matcher matcher = ONE.matcher(header);
            while (matcher.lookingAt()) {
                String tag = matcher.group(2);
                int dash = tag.indexOf('-');
                if ((weak || matcher.group(1) == null) && dash > 0 && dash <= 13) {
                    version(tag.substring(0, dash), versions);
                }
                matcher.region(matcher.end(), header.length());
            }
        }
        return versions;
    }

    private static void version(String text, Set<Long> versions) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.digit(text.charAt(i), 36) < 0) {
                return;
            }
        }
        if (text.length() < 12) {
            versions.add(Long.parseLong(text, 36));
        }
    }
}
