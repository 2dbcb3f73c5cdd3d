// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The property names that many rows have in common, in their order; kept once, under a number. Immutable. */
final class Shape {

    private final int number;
    private final List<String> names;
    private final byte[][] keys;
    private final Map<String, Integer> places;

    Shape(int number, List<String> names) {
        this.number = number;
        this.names = List.copyOf(names);
        this.keys = new byte[names.size()][];
        this.places = new HashMap<>(names.size() * 2);
        for (int i = 0; i < keys.length; i++) {
            ByteWriter key = new ByteWriter(32);
            Cbor.text(key, names.get(i));
            keys[i] = key.toArray();
            places.put(names.get(i), i);
        }
    }

    int number() {
        return number;
    }

    List<String> names() {
        return names;
    }

    int size() {
        return keys.length;
    }

    /** The name as a CBOR text. */
    byte[] key(int place) {
        return keys[place];
    }

    /** Where this property is, or -1. */
    int place(String name) {
        return places.getOrDefault(name, -1);
    }
}
