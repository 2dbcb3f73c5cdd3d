// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.codec.Codec;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Property;
import dev.tarn.api.resource.Crossing;
import dev.tarn.api.resource.Delivery;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.Base64;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The object in which a change travels to subscribers that see more than one row: {@code id}, {@code type}, {@code value},
 * {@code properties} where there are user properties, {@code version}, {@code timestamp}, with {@code path} and {@code sequence}
 * where they are wanted. What does not depend on
 * the subscriber is encoded once for a change and shared. Safe on any thread.
 */
public final class Envelope {

    /** How an envelope is written. */
    public enum Format {
        JSON(Bodies.JSON),
        CBOR(Bodies.CBOR),
        MSGPACK(Bodies.MSGPACK);

        private final String mediaType;

        Format(String mediaType) {
            this.mediaType = mediaType;
        }

        public String mediaType() {
            return mediaType;
        }
    }

    /** What of an envelope is the same for all subscribers, in each format. */
    private static final Map<Format, Change.FormKey<Entries>> SHARED = new EnumMap<>(Map.of(
            Format.JSON, new Change.FormKey<>(Entries.class),
            Format.CBOR, new Change.FormKey<>(Entries.class),
            Format.MSGPACK, new Change.FormKey<>(Entries.class)));

    /** Entries of an object without its borders, encoded one after the other; in JSON on one line. */
    private static final class Entries {
        private final int count;
        private final byte[] bytes;

        Entries(int count, byte[] bytes) {
            this.count = count;
            this.bytes = bytes;
        }
    }

    private record Maker(Envelope envelope, Change change, Format format, Crossing crossing) {}

    private final KnownTables tables;
    private final Bodies bodies;

    public Envelope(KnownTables tables, Bodies bodies) {
        this.tables = tables;
        this.bodies = bodies;
    }

    /** What {@code type} says of a kind of change. */
    public static String type(Kind kind) {
        return switch (kind) {
            case PUT -> "put";
            case PATCH -> "patch";
            case DELETE -> "delete";
            case MESSAGE -> "message";
            case EXPIRE -> "expire";
        };
    }

    /** What {@code type} says of a change that a live query is told of. */
    public static String type(Kind kind, Crossing crossing) {
        return switch (crossing) {
            case NONE -> type(kind);
            case ENTER -> "enter";
            case LEAVE -> "leave";
        };
    }

    /**
     * Appends the envelope of a change; JSON has no line break in it.
     *
     * @param path how the subscriber spells the change's path, or null to leave it out
     * @param sequence 0 to leave it out
     */
    public void write(ByteBuf out, Change change, Format format, @Nullable String path, long sequence) {
        Change.FormKey<Entries> key = Objects.requireNonNull(SHARED.get(format));
        Entries shared = change.form(
                key,
                new Maker(this, change, format, Crossing.NONE),
                maker -> maker.envelope().entries(maker));
        write(out, shared, new Writer(format), format, path, sequence);
    }

    /**
     * As {@link #write(ByteBuf, Change, Format, String, long)}, for a live query.
     *
     * @param ref what the subscriber calls the query; null to leave it out
     */
    public void write(
            ByteBuf out, Delivery delivery, Format format, @Nullable String path, long sequence, @Nullable Object ref) {
        Writer own = new Writer(format);
        if (ref != null) {
            own.entry("ref", ref);
        }
        Entries entries = entries(new Maker(this, delivery.change(), format, delivery.crossing()));
        write(out, entries, own, format, path, sequence);
    }

    private static void write(
            ByteBuf out, Entries shared, Writer own, Format format, @Nullable String path, long sequence) {
        if (path != null) {
            own.entry("path", path);
        }
        if (sequence != 0) {
            own.entry("sequence", sequence);
        }
        int count = shared.count + own.count;
        switch (format) {
            case JSON -> {
                out.writeByte('{');
                if (own.count > 0) {
                    out.writeBytes(own.bytes.toByteArray()).writeByte(',');
                }
                out.writeBytes(shared.bytes).writeByte('}');
            }
            // Fewer than 16 entries: the length is in the first byte of the map. RFC 8949 §3, MessagePack "fixmap".
            case CBOR ->
                out.writeByte(0xA0 | count).writeBytes(own.bytes.toByteArray()).writeBytes(shared.bytes);
            case MSGPACK ->
                out.writeByte(0x80 | count).writeBytes(own.bytes.toByteArray()).writeBytes(shared.bytes);
        }
    }

    /** Any other value in the same format, such as {@code {"type":"gap","missed":3}}. */
    public byte[] encode(@Nullable Object value, Format format) {
        return bytes(value, format);
    }

    /** What a body is in an envelope, ready to be an entry of one. */
    public @Nullable Object value(Body body, @Nullable Integer payloadFormat, Format format) {
        String type = simple(body.mediaType());
        if (!type.startsWith("text/") && (body.structured() || known(type))) {
            try {
                return body.value();
            } catch (Failure undecodable) {
                // A message is passed on as it came, also one that is not what its media type says.
                return wrapped(body, format);
            }
        }
        boolean unsaid = type.equals(Body.OPAQUE);
        if (unsaid || type.startsWith("text/") || (payloadFormat != null && payloadFormat == 1)) {
            if (unsaid && looksLikeObject(body.bytes())) {
                try {
                    return bodies.structured(Bodies.JSON, body.bytes()).value();
                } catch (Failure notJson) {
                    return text(body, unsaid).<Object>map(text -> text).orElseGet(() -> wrapped(body, format));
                }
            }
            return text(body, unsaid).<Object>map(text -> text).orElseGet(() -> wrapped(body, format));
        }
        return wrapped(body, format);
    }

    private Entries entries(Maker maker) {
        Change change = maker.change();
        Writer writer = new Writer(maker.format());
        Path path = change.path();
        writer.entry("id", id(path));
        writer.entry("type", type(change.kind(), maker.crossing()));
        Body body = maker.crossing() == Crossing.LEAVE ? null : change.body();
        if (body != null) {
            writer.key("value").raw(valueBytes(body, change.attributes().payloadFormat(), maker.format()));
        }
        List<Property> properties = maker.crossing() == Crossing.LEAVE
                ? List.of()
                : change.attributes().properties();
        if (!properties.isEmpty()) {
            Map<String, String> named = new LinkedHashMap<>();
            properties.forEach(property -> named.put(property.name(), property.value()));
            writer.entry("properties", named);
        }
        if (change.version() != 0) {
            writer.entry("version", change.version());
        }
        if (change.attributes().timestamp() != 0) {
            writer.entry("timestamp", change.attributes().timestamp());
        }
        return new Entries(writer.count, writer.bytes.toByteArray());
    }

    /** The row's id in its table: a number where the table has such, null for the table itself. */
    private @Nullable Object id(Path path) {
        return tables.answering(path)
                .map(table -> {
                    String id = table.id(path);
                    return Optional.ofNullable(id == null ? null : table.key(id));
                })
                .orElseGet(() -> Optional.ofNullable(path.rest()))
                .orElse(null);
    }

    private byte[] valueBytes(Body body, @Nullable Integer payloadFormat, Format format) {
        if (body.structured() && !simple(body.mediaType()).equals(format.mediaType)) {
            try {
                return body.as(format.mediaType).bytes();
            } catch (Failure undecodable) {
                return bytes(wrapped(body, format), format);
            }
        }
        // The same format as the envelope's: not yet checked, and an envelope is whole whatever is in it.
        return bytes(value(body, payloadFormat, format), format);
    }

    private boolean known(String mediaType) {
        return bodies.codec(mediaType).isPresent();
    }

    private static Map<String, Object> wrapped(Body body, Format format) {
        Map<String, Object> wrapped = new LinkedHashMap<>();
        wrapped.put("contentType", body.mediaType());
        if (format == Format.JSON) {
            wrapped.put("data", Base64.getEncoder().encodeToString(body.bytes()));
            wrapped.put("encoding", "base64");
        } else {
            wrapped.put("data", body.bytes());
        }
        return wrapped;
    }

    private static boolean looksLikeObject(byte[] bytes) {
        return bytes.length > 1 && bytes[0] == '{' && bytes[bytes.length - 1] == '}';
    }

    /** The body as text, if that is what it is; control characters make it bytes where nobody said that it is text. */
    private static Optional<String> text(Body body, boolean unsaid) {
        try {
            String text = charset(body.mediaType())
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body.bytes()))
                    .toString();
            if (unsaid && text.chars().anyMatch(c -> c < ' ' && c != '\t' && c != '\r' && c != '\n')) {
                return Optional.empty();
            }
            return Optional.of(text);
        } catch (CharacterCodingException | IllegalCharsetNameException | UnsupportedCharsetException notText) {
            return Optional.empty();
        }
    }

    private static Charset charset(String mediaType) {
        int at = mediaType.toLowerCase(Locale.ROOT).indexOf("charset=");
        if (at < 0) {
            return StandardCharsets.UTF_8;
        }
        String name = mediaType.substring(at + "charset=".length());
        int end = name.indexOf(';');
        return Charset.forName(
                (end < 0 ? name : name.substring(0, end)).replace("\"", "").strip());
    }

    private static String simple(String mediaType) {
        int end = mediaType.indexOf(';');
        return (end < 0 ? mediaType : mediaType.substring(0, end)).strip().toLowerCase(Locale.ROOT);
    }

    private byte[] bytes(@Nullable Object value, Format format) {
        Codec codec = bodies.codec(format.mediaType)
                .orElseThrow(() -> new Failure(Failure.Code.UNAVAILABLE, "no codec for " + format.mediaType));
        try {
            return codec.encode(value);
        } catch (IOException unencodable) {
            throw new UncheckedIOException(unencodable);
        }
    }

    /** Puts entries one behind the other: key, value, and in JSON what is between. */
    private final class Writer {
        private final Format format;
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);
        private int count;

        Writer(Format format) {
            this.format = format;
        }

        void entry(String key, @Nullable Object value) {
            key(key).raw(Envelope.this.bytes(value, format));
        }

        Writer key(String key) {
            if (format == Format.JSON && count > 0) {
                bytes.write(',');
            }
            count++;
            bytes.writeBytes(Envelope.this.bytes(key, format));
            if (format == Format.JSON) {
                bytes.write(':');
            }
            return this;
        }

        void raw(byte[] value) {
            if (format == Format.JSON) {
                for (int i = 0; i < value.length; i++) {
                    if (value[i] == '\n' || value[i] == '\r') {
                        raw(oneLine(value));
                        return;
                    }
                }
            }
            bytes.writeBytes(value);
        }

        /** Outside of strings a line break is white space, inside there is none. RFC 8259 §2, §7. */
        private static byte[] oneLine(byte[] json) {
            byte[] line = json.clone();
            for (int i = 0; i < line.length; i++) {
                if (line[i] == '\n' || line[i] == '\r') {
                    line[i] = ' ';
                }
            }
            return line;
        }
    }
}
