// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import java.io.DataInputStream;
import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The constants of a class. JVMS §4.4. Immutable. */
final class Constants {

    private final @Nullable String[] texts;

    /** For a class its name, for a member the class that it is of, for a name with a type that type. */
    private final int[] first;

    /** For a member its name and type. */
    private final int[] second;

    private final int[] tags;

    private Constants(int size) {
        texts = new String[size];
        first = new int[size];
        second = new int[size];
        tags = new int[size];
    }

    static Constants of(DataInputStream in) throws IOException {
        int size = in.readUnsignedShort();
        Constants all = new Constants(size);
        for (int index = 1; index < size; index++) {
            int tag = in.readUnsignedByte();
            all.tags[index] = tag;
            switch (tag) {
                case 1 -> all.texts[index] = in.readUTF();
                case 7, 16 -> all.first[index] = in.readUnsignedShort();
                case 8, 19, 20 -> in.readUnsignedShort();
                case 9, 10, 11, 12, 17, 18 -> {
                    all.first[index] = in.readUnsignedShort();
                    all.second[index] = in.readUnsignedShort();
                }
                case 15 -> in.skipNBytes(3);
                case 3, 4 -> in.readInt();
                case 5, 6 -> {
                    in.readLong();
                    // Numbers of eight bytes take two places.
                    index++;
                }
                default -> throw new IOException("has a constant of unknown kind " + tag);
            }
        }
        return all;
    }

    /** A text; empty where there is none. */
    String text(int index) {
        String text = texts[index];
        return text == null ? "" : text;
    }

    /** The name of a class, with dots. */
    String type(int index) {
        return text(first[index]).replace('/', '.');
    }

    /** The names of all classes that are constants. */
    Set<String> types() {
        Set<String> names = new TreeSet<>();
        for (int index = 1; index < tags.length; index++) {
            if (tags[index] == 7) {
                named(names, text(first[index]));
            }
        }
        return names;
    }

    /** The names of classes that a constant is about: itself, the class of a member. */
    Set<String> typesOf(int index) {
        Set<String> names = new TreeSet<>();
        switch (tags[index]) {
            case 7 -> named(names, text(first[index]));
            case 9, 10, 11 -> named(names, text(first[first[index]]));
            default -> {
                // Numbers, texts and calls that are linked when they are first run.
            }
        }
        return names;
    }

    /** Whether some text has this in it. */
    boolean mentions(String part) {
        for (String text : texts) {
            if (text != null && text.contains(part)) {
                return true;
            }
        }
        return false;
    }

    private static void named(Set<String> names, String name) {
        if (name.startsWith("[")) {
            add(names, name);
        } else if (!name.isEmpty()) {
            names.add(name.replace('/', '.'));
        }
    }

    /** Adds the names of the classes in a descriptor. JVMS §4.3. */
    static void add(Set<String> names, String descriptor) {
        for (int at = descriptor.indexOf('L'); at >= 0; ) {
            int end = descriptor.indexOf(';', at);
            if (end < 0) {
                return;
            }
            names.add(descriptor.substring(at + 1, end).replace('/', '.'));
            at = descriptor.indexOf('L', end);
        }
    }
}
