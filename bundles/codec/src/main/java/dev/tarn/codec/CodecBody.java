// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.codec.Codec;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One form of a body. All forms of a body share what was made of it: the other forms, the value, and why one of them
 * cannot be made, so that a thousand subscribers to a broken body do not parse it a thousand times. Two threads that ask
 * at once may both make a form; the first one is kept.
 */
final class CodecBody implements Body {

    /** Names in {@link #made} beside media types, which have a slash. */
    private static final String VALUE = "value";

    private static final String CHECKED = "checked";

    /** Something that was made of the body: a form, its value, or the failure to make it. */
    private record Made(
            String name, @Nullable Object what, @Nullable Made next) {}

    private final CodecBodies bodies;
    private final String mediaType;

    /** Null until somebody asks; two threads that ask at once make the same. */
    private @Nullable String essence;

    private final boolean structured;

    /** Null until somebody asks, in a body made from a value, whose value is in {@link #made}. */
    private final byte @Nullable [] bytes;

    private final AtomicReference<@Nullable Made> made;

    private CodecBody(
            CodecBodies bodies,
            String mediaType,
            byte @Nullable [] bytes,
            boolean structured,
            AtomicReference<@Nullable Made> made) {
        this.bodies = bodies;
        this.mediaType = mediaType;
        this.bytes = bytes;
        this.structured = structured;
        this.made = made;
    }

    static CodecBody of(CodecBodies bodies, String mediaType, byte[] bytes, boolean structured) {
        return new CodecBody(bodies, mediaType, bytes, structured, new AtomicReference<>());
    }

    static CodecBody of(CodecBodies bodies, @Nullable Object value) {
        Made first = new Made(VALUE, value, null);
        return new CodecBody(bodies, Bodies.CBOR, null, true, new AtomicReference<>(first));
    }

    @Override
    public String mediaType() {
        return mediaType;
    }

    private String essence() {
        String known = essence;
        if (known == null) {
            known = Types.essence(mediaType);
            essence = known;
        }
        return known;
    }

    @Override
    public boolean structured() {
        return structured;
    }

    @Override
    public byte[] bytes() {
        return bytes != null ? bytes : as(essence()).bytes();
    }

    @Override
    public Body as(String wanted) {
        String target = wanted.equals(mediaType) ? essence() : Types.essence(wanted);
        if (bytes != null && target.equals(essence())) {
            remembered(CHECKED, this::check);
            return this;
        }
        Made known = find(made.get(), target);
        return known != null && known.what instanceof Body form
                ? form
                : (Body) required(remembered(target, () -> form(target)));
    }

    @Override
    public @Nullable Object value() {
        return remembered(VALUE, () -> decoded(source()));
    }

    @Override
    public int size() {
        if (bytes != null) {
            return bytes.length;
        }
        Made encoded = find(made.get(), Bodies.CBOR);
        return encoded != null && encoded.what instanceof CodecBody form ? form.size() : Body.super.size();
    }

    /** What was made under this name, made now if need be; a failure is thrown again. */
    private @Nullable Object remembered(String name, Supplier<@Nullable Object> maker) {
        Made known = find(made.get(), name);
        if (known == null) {
            Object what;
            try {
                what = maker.get();
            } catch (Failure failure) {
                what = failure;
            }
            known = keep(name, what);
        }
        if (known.what instanceof Failure failure) {
            throw failure;
        }
        return known.what;
    }

    private Made keep(String name, @Nullable Object what) {
        while (true) {
            Made head = made.get();
            Made other = find(head, name);
            if (other != null) {
                return other;
            }
            Made mine = new Made(name, what, head);
            if (made.compareAndSet(head, mine)) {
                return mine;
            }
        }
    }

    private static @Nullable Made find(@Nullable Made head, String name) {
        Made at = head;
        while (at != null && !at.name.equals(name)) {
            at = at.next;
        }
        return at;
    }

    private static Object required(@Nullable Object what) {
        if (what == null) {
            throw new IllegalStateException("a form was not made");
        }
        return what;
    }

    private byte[] source() {
        if (bytes == null) {
            throw new IllegalStateException("a body has neither bytes nor a value");
        }
        return bytes;
    }

    /** Reads the bytes once for what is wrong with them, before anybody embeds or forwards them as this format. */
    private @Nullable Object check() {
        Codec own = bodies.find(essence());
        if (own instanceof Format format) {
            format.read(source(), new CheckSink());
        } else if (own != null) {
            value();
        }
        return null;
    }

    private Body form(String target) {
        Codec codec = codec(target);
        Made value = find(made.get(), VALUE);
        byte[] encoded;
        if (value != null || bytes == null) {
            encoded = encoded(codec, value());
        } else {
            Codec own = codec(essence());
            if (own == codec) {
                remembered(CHECKED, this::check);
                encoded = bytes;
            } else if (own instanceof Format from && codec instanceof Format to) {
                Format.Writer writer = to.writer(bytes.length + bytes.length / 4);
                from.read(bytes, writer);
                encoded = writer.finish();
            } else {
                encoded = encoded(codec, value());
            }
        }
        return new CodecBody(bodies, target, encoded, true, made);
    }

    private Codec codec(String type) {
        Codec codec = bodies.find(type);
        if (codec == null) {
            throw new Failure(
                    Failure.Code.UNSUPPORTED,
                    "no format is known for the media type " + Refusal.shown(type) + "; known are "
                            + String.join(", ", bodies.mediaTypes()));
        }
        return codec;
    }

    private @Nullable Object decoded(byte[] from) {
        try {
            return codec(essence()).decode(from);
        } catch (IOException e) {
            throw new Failure(
                    Failure.Code.MALFORMED, "the body cannot be read as " + essence() + ": " + e.getMessage());
        }
    }

    private static byte[] encoded(Codec codec, @Nullable Object value) {
        try {
            return codec.encode(value);
        } catch (IOException e) {
            throw new Failure(Failure.Code.UNSUPPORTED, "the body cannot be written in this format: " + e.getMessage());
        }
    }

    @Override
    public String toString() {
        return bytes == null ? "a value" : mediaType + ", " + bytes.length + " bytes";
    }
}
