// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import org.jspecify.annotations.Nullable;

/**
 * The properties of a structured row in its stored form: a shape, a table of where each item ends, and CBOR items. One of
 * them is found without reading the others. Immutable but for what its creator keeps of the array.
 */
final class Items {

    private final Shape shape;
    private final byte[] bytes;
    private final int ends;
    private final int width;
    private final int first;

    private Items(Shape shape, byte[] bytes, int ends, int width) {
        this.shape = shape;
        this.bytes = bytes;
        this.ends = ends;
        this.width = width;
        this.first = ends + shape.size() * width;
    }

    static Items read(ByteReader in, Shapes shapes) {
        Shape shape = shapes.shape(in.count());
        int width = in.u8();
        if (width != 1 && width != 2 && width != 4) {
            throw new DamagedException("offsets of " + width + " bytes");
        }
        int ends = in.take((long) shape.size() * width);
        Items items = new Items(shape, in.array(), ends, width);
        in.take(shape.size() == 0 ? 0 : items.end(shape.size() - 1) - items.first);
        return items;
    }

    /**
     * Appends an object in its stored form.
     *
     * @return false, with nothing appended, when it cannot have a shape
     */
    static boolean write(ByteWriter out, byte[] source, int from, int end, Shapes shapes) {
        Cbor map = new Cbor(source, from, end);
        if (map.major() != Cbor.MAP) {
            return false;
        }
        long declared = map.head();
        if (declared > Shapes.MOST_NAMES) {
            return false;
        }
        int[] bounds = new int[2 * (declared < 0 ? Shapes.MOST_NAMES : (int) declared)];
        ByteWriter keys = new ByteWriter(128);
        int count = 0;
        int total = 0;
        while (declared < 0 ? !map.broken() : count < declared) {
            if (count * 2 == bounds.length) {
                return false;
            }
            Cbor.text(keys, map.text());
            bounds[2 * count] = map.at();
            map.skip();
            bounds[2 * count + 1] = map.at();
            total += bounds[2 * count + 1] - bounds[2 * count];
            count++;
        }
        Shape shape = shapes.of(keys, count);
        if (shape == null) {
            return false;
        }
        int width = total < 0x100 ? 1 : total < 0x1_0000 ? 2 : 4;
        out.varint(shape.number());
        out.u8(width);
        int offset = 0;
        for (int i = 0; i < count; i++) {
            offset += bounds[2 * i + 1] - bounds[2 * i];
            switch (width) {
                case 1 -> out.u8(offset);
                case 2 -> out.u16(offset);
                default -> out.u32(offset);
            }
        }
        for (int i = 0; i < count; i++) {
            out.raw(source, bounds[2 * i], bounds[2 * i + 1] - bounds[2 * i]);
        }
        return true;
    }

    private int end(int place) {
        int at = ends + place * width;
        int offset = switch (width) {
            case 1 -> bytes[at] & 0xFF;
            case 2 -> (bytes[at] & 0xFF) << 8 | (bytes[at + 1] & 0xFF);
            default -> ByteReader.u32(bytes, at);
        };
        return first + offset;
    }

    /** The item of this property, or null when the row has none. */
    @Nullable
    Cbor item(String name) {
        int place = shape.place(name);
        return place < 0 ? null : new Cbor(bytes, place == 0 ? first : end(place - 1), end(place));
    }

    /** The object as one CBOR map. */
    byte[] map() {
        int size = shape.size() == 0 ? 0 : end(shape.size() - 1) - first;
        ByteWriter out = new ByteWriter(16 + size + shape.size() * 16);
        Cbor.head(out, Cbor.MAP, shape.size());
        int from = first;
        for (int i = 0; i < shape.size(); i++) {
            out.raw(shape.key(i));
            int end = end(i);
            out.raw(bytes, from, end - from);
            from = end;
        }
        return out.toArray();
    }

    /** Bytes from the first offset to the last item, for those who count memory. */
    int size() {
        return shape.size() == 0 ? 0 : end(shape.size() - 1) - ends;
    }
}
