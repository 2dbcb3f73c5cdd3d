// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes attributes and a body as rows and log entries hold them, and reads them again. A content of more than
 * {@link #WHOLE} bytes is cut into chunks that row and log entry share. Writing is for the committer thread, reading for any.
 */
final class PayloadFormat {

    /** An object: shape, offsets, items. */
    static final int SHAPED = 0;
    /** Any other structured value, or an object without a shape: one CBOR item. */
    static final int ITEM = 1;
    /** Bytes and their media type. */
    static final int OPAQUE = 2;
    /** No body. */
    static final int NONE = 3;

    /** The longest content that is kept in one piece. */
    static final int WHOLE = 128 * 1024;

    private static final byte[] NOTHING = new byte[0];

    /** Media types that take one byte; the order is part of the format, new ones are added at the end. */
    private static final List<String> MEDIA_TYPES = List.of(
            "",
            Body.OPAQUE,
            Bodies.JSON,
            Bodies.CBOR,
            Bodies.MSGPACK,
            "text/plain",
            "text/plain;charset=utf-8",
            "text/csv");

    private final Bodies bodies;
    private final Shapes shapes;
    private final int longest;

    /** Reads a chunked content of this length. */
    interface Chunks {
        byte[] read(long number, int length);
    }

    /** @param longest the most bytes of a body's content */
    PayloadFormat(Bodies bodies, Shapes shapes, int longest) {
        this.bodies = bodies;
        this.shapes = shapes;
        this.longest = longest;
    }

    /**
     * @param opaque whether the body's bytes are kept as they are, whatever they stand for
     * @param numbers gives a number for chunks
     * @throws Failure TOO_LARGE, or MALFORMED when a structured body is none
     */
    Payload payload(Attributes attributes, @Nullable Body body, boolean opaque, LongSupplier numbers) {
        ByteWriter block = new ByteWriter(64);
        AttributeBlock.write(block, attributes);
        if (block.size() > WHOLE) {
            throw new Failure(Failure.Code.TOO_LARGE, "attributes of " + block.size() + " bytes, the most is " + WHOLE);
        }
        ByteWriter out = new ByteWriter(64 + block.size());
        out.varint(block.size());
        out.raw(block.array(), 0, block.size());
        if (body == null) {
            return new Payload(NONE, out.toArray(), 0, NOTHING);
        }
        if (opaque || !body.structured()) {
            mediaType(out, body.mediaType());
            return content(OPAQUE, out, body.bytes(), numbers);
        }
        byte[] cbor = body.as(Bodies.CBOR).bytes();
        Cbor check = new Cbor(cbor, 0, cbor.length);
        check.skip();
        if (!check.done()) {
            throw new Failure(Failure.Code.MALFORMED, "not CBOR: bytes after the end at byte " + check.at());
        }
        if (cbor.length <= WHOLE && Items.write(out, cbor, 0, cbor.length, shapes)) {
            return new Payload(SHAPED, out.toArray(), 0, NOTHING);
        }
        return content(ITEM, out, cbor, numbers);
    }

    /** As {@link #payload} makes it of an opaque body that is not chunked; on any thread. */
    Payload opaque(Attributes attributes, Body body) {
        ByteWriter block = new ByteWriter(64);
        AttributeBlock.write(block, attributes);
        byte[] content = body.bytes();
        if (block.size() > WHOLE || content.length > WHOLE || content.length > longest) {
            throw new Failure(Failure.Code.TOO_LARGE, "attributes or a body that are too large to be kept like this");
        }
        ByteWriter out = new ByteWriter(16 + block.size() + content.length);
        out.varint(block.size());
        out.raw(block.array(), 0, block.size());
        mediaType(out, body.mediaType());
        out.raw(content);
        return new Payload(OPAQUE, out.toArray(), 0, NOTHING);
    }

    private static void mediaType(ByteWriter out, String mediaType) {
        int known = MEDIA_TYPES.indexOf(mediaType);
        if (known > 0) {
            out.u8(known);
        } else {
            out.u8(0);
            out.text(mediaType);
        }
    }

    private Payload content(int form, ByteWriter out, byte[] content, LongSupplier numbers) {
        if (content.length > longest) {
            throw new Failure(Failure.Code.TOO_LARGE, "a body of " + content.length + " bytes, the most is " + longest);
        }
        if (content.length <= WHOLE) {
            out.raw(content);
            return new Payload(form, out.toArray(), 0, NOTHING);
        }
        long number = numbers.getAsLong();
        out.varint(number);
        out.varint(content.length);
        return new Payload(form, out.toArray(), number, content);
    }

    Shapes shapes() {
        return shapes;
    }

    /** The attributes that come next. */
    Attributes attributes(ByteReader in, long timestamp, long expiresAt) {
        return AttributeBlock.read(in, in.count(), timestamp, expiresAt);
    }

    /** The body after the attributes; null for {@link #NONE}. It shares no memory with the database. */
    @Nullable
    Body body(ByteReader in, int form, boolean chunked, Chunks chunks) {
        switch (form) {
            case SHAPED -> {
                return new StoredBody(Items.read(in, shapes), bodies);
            }
            case ITEM -> {
                return bodies.structured(Bodies.CBOR, content(in, chunked, chunks));
            }
            case OPAQUE -> {
                int known = in.u8();
                if (known >= MEDIA_TYPES.size()) {
                    throw new DamagedException("no media type has the number " + known);
                }
                String mediaType = known == 0 ? in.text() : MEDIA_TYPES.get(known);
                return bodies.opaque(mediaType, content(in, chunked, chunks));
            }
            default -> {
                return null;
            }
        }
    }

    private static byte[] content(ByteReader in, boolean chunked, Chunks chunks) {
        return chunked ? chunks.read(in.varint(), in.count()) : in.raw(in.left());
    }

    /** The item of one property, or null; the reader is at the attributes. Chunks are read only when they must be. */
    @Nullable
    Cbor item(ByteReader in, int form, boolean chunked, Chunks chunks, String property) {
        in.take(in.count());
        if (form == SHAPED) {
            return Items.read(in, shapes).item(property);
        }
        if (form != ITEM) {
            return null;
        }
        byte[] content = content(in, chunked, chunks);
        Cbor map = new Cbor(content, 0, content.length);
        if (map.major() != Cbor.MAP) {
            return null;
        }
        long declared = map.head();
        for (long i = 0; declared < 0 ? !map.broken() : i < declared; i++) {
            String name = map.text();
            int from = map.at();
            map.skip();
            if (name.equals(property)) {
                return new Cbor(content, from, map.at());
            }
        }
        return null;
    }

    /** Where a chunked content is, and its length. */
    record Location(long number, int length) {}

    /** Where the content is; the reader is at the attributes of a chunked payload. */
    static Location location(ByteReader in, int form) {
        in.take(in.count());
        if (form == OPAQUE && in.u8() == 0) {
            in.text();
        }
        return new Location(in.varint(), in.count());
    }
}
