// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One key that may be configured, as a bundle's metatype describes it.
 *
 * @param name what comes after the section, such as {@code cache}: the component's property
 * @param type a metatype type: {@code String}, {@code Integer}, {@code Long}, {@code Double}, {@code Boolean} …
 * @param many whether it takes a list
 * @param standard the default, or null
 * @param least the smallest number, or null
 * @param most the largest number, or null
 * @param choices the only values allowed; empty for any
 */
record Key(
        String name,
        String type,
        boolean many,
        @Nullable String standard,
        @Nullable String least,
        @Nullable String most,
        Set<String> choices,
        String description) {

    private static final Set<String> TRUE = Set.of("true", "yes", "on");
    private static final Set<String> FALSE = Set.of("false", "no", "off");

    /** A text of the launcher's own. */
    static Key text(String name, String standard, Set<String> choices, String description) {
        return new Key(name, "String", false, standard, null, null, choices, description);
    }

    /** Whether any text is a value. */
    boolean plainText() {
        return choices.isEmpty() && (type.equals("String") || type.equals("Password"));
    }

    /**
     * The value that a component gets for these words.
     *
     * @throws IllegalArgumentException with what is wrong, as the end of a sentence
     */
    Object value(List<String> words) {
        if (many) {
            List<Object> values = new ArrayList<>();
            words.forEach(word -> values.add(single(word)));
            Object array = java.lang.reflect.Array.newInstance(single(null).getClass(), values.size());
            for (int i = 0; i < values.size(); i++) {
                java.lang.reflect.Array.set(array, i, values.get(i));
            }
            return array;
        } else if (words.size() != 1) {
            throw new IllegalArgumentException("wants one value, not a list");
        }
        return single(words.get(0));
    }

    /** Converts one word; null gives any value of the type. */
    private Object single(@Nullable String word) {
        String text = word == null ? "0" : choices.isEmpty() ? word : chosen(word);
        return switch (type) {
            case "Boolean" -> word != null && truth(text);
            case "Integer" -> (int) whole(text, Integer.MIN_VALUE, Integer.MAX_VALUE, word == null);
            case "Short" -> (short) whole(text, Short.MIN_VALUE, Short.MAX_VALUE, word == null);
            case "Byte" -> (byte) whole(text, Byte.MIN_VALUE, Byte.MAX_VALUE, word == null);
            case "Long" -> whole(text, Long.MIN_VALUE, Long.MAX_VALUE, word == null);
            case "Double" -> real(text, word == null);
            case "Float" -> (float) real(text, word == null);
            case "Character" -> {
                if (text.length() != 1) {
                    throw new IllegalArgumentException("wants one character, not '" + text + "'");
                }
                yield text.charAt(0);
            }
            default -> text;
        };
    }

    private String chosen(String word) {
        return choices.stream()
                .filter(choice -> choice.equalsIgnoreCase(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "wants one of " + String.join(", ", choices) + ", not '" + word + "'"));
    }

    private static boolean truth(String word) {
        String lower = word.toLowerCase(Locale.ROOT);
        if (!TRUE.contains(lower) && !FALSE.contains(lower)) {
            throw new IllegalArgumentException("wants true or false, not '" + word + "'");
        }
        return TRUE.contains(lower);
    }

    private long whole(String word, long smallest, long largest, boolean unbounded) {
        long low = least == null || unbounded ? smallest : Long.parseLong(least);
        long high = most == null || unbounded ? largest : Long.parseLong(most);
        try {
            long number = Long.parseLong(word.replace("_", ""));
            if (number >= low && number <= high) {
                return number;
            }
        } catch (NumberFormatException malformed) {
            throw new IllegalArgumentException("wants a whole number, not '" + word + "'", malformed);
        }
        throw new IllegalArgumentException("wants a number from " + low + " to " + high + ", not " + word);
    }

    private double real(String word, boolean unbounded) {
        try {
            double number = Double.parseDouble(word);
            if (unbounded
                    || ((least == null || number >= Double.parseDouble(least))
                            && (most == null || number <= Double.parseDouble(most)))) {
                return number;
            }
        } catch (NumberFormatException malformed) {
            throw new IllegalArgumentException("wants a number, not '" + word + "'", malformed);
        }
        throw new IllegalArgumentException("is out of range: " + word);
    }
}
