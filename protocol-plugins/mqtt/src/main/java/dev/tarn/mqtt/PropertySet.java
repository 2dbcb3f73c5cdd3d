// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Property;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The properties of one packet, in the sender's order where that matters. For one thread; not changed once shared. */
final class PropertySet {

    /** No properties. Not to be added to. */
    static final PropertySet NONE = new PropertySet();

    private @Nullable Object @Nullable [] values;
    private @Nullable List<Property> users;

    /** Sets a number, text (String) or binary (byte[]). */
    PropertySet with(PropertyType type, Object value) {
        @Nullable Object[] slots = values;
        if (slots == null) {
            slots = new @Nullable Object[PropertyType.IDS];
            values = slots;
        }
        slots[type.id()] = value;
        return this;
    }

    /** Sets a number. */
    PropertySet with(PropertyType type, long value) {
        return with(type, (Object) value);
    }

    /** Adds a user property. */
    PropertySet with(Property user) {
        List<Property> list = users;
        if (list == null) {
            list = new ArrayList<>(4);
            users = list;
        }
        list.add(user);
        return this;
    }

    boolean isEmpty() {
        return values == null && users == null;
    }

    boolean has(PropertyType type) {
        return value(type) != null;
    }

    @Nullable
    Object value(PropertyType type) {
        @Nullable Object[] slots = values;
        return slots == null ? null : slots[type.id()];
    }

    /** A number, or what to take when it is not there. */
    long number(PropertyType type, long otherwise) {
        return value(type) instanceof Long number ? number : otherwise;
    }

    /** A text, or null when it is not there. */
    @Nullable
    String text(PropertyType type) {
        return value(type) instanceof String text ? text : null;
    }

    /** A binary value, or null when it is not there. */
    byte @Nullable [] bytes(PropertyType type) {
        return value(type) instanceof byte[] bytes ? bytes : null;
    }

    /** User properties in order. */
    List<Property> users() {
        List<Property> list = users;
        return list == null ? List.of() : Collections.unmodifiableList(list);
    }
}
