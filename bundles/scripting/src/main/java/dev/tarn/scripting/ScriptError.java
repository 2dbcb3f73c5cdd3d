// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Something that an application's script threw and that is no refusal; says where. Has the script's trace and not ours. */
final class ScriptError extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** A line of a trace of the language: {@code at put (/lib/a.js:3:9)}. */
    private static final Pattern PLACE =
            Pattern.compile("\\(?/?([^():\\s]+\\.(?:js|mjs)):([0-9]+)(?::[0-9]+)?(?:-[0-9:]+)?\\)?");

    ScriptError(String message, String stack) {
        super(placed(message, stack), null, false, false);
    }

    /** The message with the first line of the application's own in front. */
    private static String placed(String message, String stack) {
        Matcher place = PLACE.matcher(stack);
        while (place.find()) {
            if (!place.group(1).startsWith("tarn:")) {
                return place.group(1) + ":" + place.group(2) + ": " + message;
            }
        }
        return message;
    }

    /** The file that it says; empty when it says none. */
    static String file(String placed) {
        int colon = placed.indexOf(':');
        return colon < 0 ? "" : placed.substring(0, colon);
    }
}
