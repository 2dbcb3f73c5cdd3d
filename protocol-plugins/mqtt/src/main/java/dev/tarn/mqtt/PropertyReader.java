// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Property;
import io.netty.buffer.ByteBuf;

/** Reads the properties of a packet by the table in {@link PropertyType}. */
final class PropertyReader {
    private PropertyReader() {}

    /** The properties with their length before them, which stay within that length and the packet. */
    static PropertySet read(ByteBuf in, PropertyType.Carrier carrier) {
        int length = Fields.variable(in);
        if (length == 0) {
            return PropertySet.NONE;
        }
        if (length > in.readableBytes()) {
            throw Violation.malformed("properties end beyond their packet");
        }
        ByteBuf slice = in.readSlice(length);
        PropertySet set = new PropertySet();
        while (slice.isReadable()) {
            one(slice, carrier, set);
        }
        return set;
    }

    /** [MQTT-1.5.7-1], [MQTT-3.3.2-19] */
    private static void one(ByteBuf in, PropertyType.Carrier carrier, PropertySet set) {
        int id = Fields.variable(in);
        PropertyType type = PropertyType.of(id);
        if (type == null) {
            throw Violation.malformed("there is no property 0x" + Integer.toHexString(id)); // §2.2.2.2
        }
        if (!type.in(carrier)) {
            throw Violation.protocol("property " + type + " does not belong in " + carrier);
        }
        switch (type.type()) {
            case BYTE -> number(set, type, Fields.unsignedByte(in));
            case TWO_BYTES -> number(set, type, Fields.unsignedShort(in));
            case FOUR_BYTES -> number(set, type, Fields.unsignedInt(in));
            case VARIABLE -> number(set, type, Fields.variable(in));
            case TEXT -> once(set, type).with(type, Fields.text(in));
            case BINARY -> once(set, type).with(type, Fields.binary(in));
            case PAIR -> set.with(new Property(Fields.text(in), Fields.text(in)));
        }
    }

    private static void number(PropertySet set, PropertyType type, long value) {
        if (!type.allows(value)) {
            throw Violation.protocol("property " + type + " must not be " + value);
        }
        once(set, type).with(type, value);
    }

    /** "It is a Protocol Error to include … more than once" holds for all but user properties in a client's packets. */
    private static PropertySet once(PropertySet set, PropertyType type) {
        if (set.has(type)) {
            throw Violation.protocol("property " + type + " twice");
        }
        return set;
    }
}
