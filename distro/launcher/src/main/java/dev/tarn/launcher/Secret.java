// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Values that are kept elsewhere: {@code ${env:NAME}} and {@code ${file:/run/secrets/name}}. */
final class Secret {
    private static final Pattern FORM = Pattern.compile("\\$\\{(env|file):([^}]+)}");

    private Secret() {}

    /** Whether a word stands for something that is kept elsewhere. */
    static boolean is(String word) {
        return FORM.matcher(word).matches();
    }

    /** What the word stands for: itself, or what is kept elsewhere. Fails with a {@link Refusal} when that is not there. */
    static String of(String word) {
        Matcher matcher = FORM.matcher(word);
        if (!matcher.matches()) {
            return word;
        }
        String name = matcher.group(2);
        if (matcher.group(1).equals("env")) {
            String value = System.getenv(name);
            if (value == null) {
                throw Refusal.usage("is in the variable " + name + ", which is not set");
            }
            return value;
        }
        try {
            // Editors and tools end files with a line break that nobody means.
            return Files.readString(Path.of(name), StandardCharsets.UTF_8).stripTrailing();
        } catch (IOException unreadable) {
            throw Refusal.usage("is in the file " + name + ", which cannot be read: " + Cause.line(unreadable));
        }
    }
}
