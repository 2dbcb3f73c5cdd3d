// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Property;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;

/** Writes properties, in the order of their table, user properties last and in their own order. */
final class PropertyWriter {

    private static final PropertyType[] TYPES = PropertyType.values();

    private PropertyWriter() {}

    /** How many bytes a variable byte integer takes. */
    static int sizeOfVariable(int value) {
        return value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : 4;
    }

    static void variable(ByteBuf out, int value) {
        int rest = value;
        while (rest >= 128) {
            out.writeByte((rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        out.writeByte(rest);
    }

    /** Bytes that the properties take, without their length. */
    static int size(PropertySet set) {
        int size = 0;
        for (PropertyType type : TYPES) {
            Object value = set.value(type);
            if (value != null) {
                size += 1 + size(type, value);
            }
        }
        for (Property user : set.users()) {
            size += 5 + ByteBufUtil.utf8Bytes(user.name()) + ByteBufUtil.utf8Bytes(user.value());
        }
        return size;
    }

    private static int size(PropertyType type, Object value) {
        return switch (type.type()) {
            case BYTE -> 1;
            case TWO_BYTES -> 2;
            case FOUR_BYTES -> 4;
            case VARIABLE -> sizeOfVariable(((Long) value).intValue());
            case TEXT -> 2 + ByteBufUtil.utf8Bytes((String) value);
            case BINARY -> 2 + ((byte[]) value).length;
            case PAIR -> throw new IllegalStateException("user properties have a list of their own");
        };
    }

    /** Writes the properties without their length. */
    static void write(ByteBuf out, PropertySet set) {
        for (PropertyType type : TYPES) {
            Object value = set.value(type);
            if (value != null) {
                out.writeByte(type.id());
                write(out, type, value);
            }
        }
        for (Property user : set.users()) {
            out.writeByte(PropertyType.USER_PROPERTY.id());
            text(out, user.name());
            text(out, user.value());
        }
    }

    private static void write(ByteBuf out, PropertyType type, Object value) {
        switch (type.type()) {
            case BYTE -> out.writeByte(((Long) value).intValue());
            case TWO_BYTES -> out.writeShort(((Long) value).intValue());
            case FOUR_BYTES -> out.writeInt(((Long) value).intValue());
            case VARIABLE -> variable(out, ((Long) value).intValue());
            case TEXT -> text(out, (String) value);
            case BINARY -> {
                byte[] bytes = (byte[]) value;
                out.writeShort(bytes.length).writeBytes(bytes);
            }
            case PAIR -> throw new IllegalStateException("user properties have a list of their own");
        }
    }

    /** Writes a text with its two-byte length. */
    static void text(ByteBuf out, String text) {
        int length = ByteBufUtil.utf8Bytes(text);
        if (length > 65_535) {
            throw new IllegalArgumentException("a text of " + length + " bytes does not fit a field");
        }
        out.writeShort(length);
        ByteBufUtil.reserveAndWriteUtf8(out, text, length);
    }
}
