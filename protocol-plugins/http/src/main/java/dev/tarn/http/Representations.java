// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.codec.Codec;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Content;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Chooses and makes the form in which a client gets a row (RFC 9110 §12.1). Safe on any thread. */
final class Representations {

    private final Bodies bodies;

    Representations(Bodies bodies) {
        this.bodies = bodies;
    }

    /** A body as it is sent. */
    static final class Chosen {
        private final String mediaType;
        private final byte[] bytes;
        private final String letters;
        private final boolean raw;

        private Chosen(String mediaType, byte[] bytes, String letters, boolean raw) {
            this.mediaType = mediaType;
            this.bytes = bytes;
            this.letters = letters;
            this.raw = raw;
        }

        /** For the Content-Type header. */
        String mediaType() {
            return mediaType;
        }

        byte[] bytes() {
            return bytes;
        }

        /** Which representation it is, for the entity tag. */
        String letters() {
            return letters;
        }

        /** Whether the bytes are a client's own, of which nothing is known. */
        boolean raw() {
            return raw;
        }
    }

    /** A row's body in the format that the client likes best, or null when it likes none of those there are. */
    @Nullable
    Chosen choose(Body body, Accept accept) {
        if (body.structured()) {
            String type = Media.choose(accept, Media.STRUCTURED);
            return type == null ? null : of(body, type);
        }
        String own = Media.essence(body.mediaType());
        String best = Media.choose(accept, offered(own));
        if (best == null) {
            return null;
        } else if (best.equals(own)) {
            return new Chosen(Media.sendable(body.mediaType()), body.bytes(), "o", true);
        }
        try {
            return of(body, best);
        } catch (Failure other) {
            if (other.code() == Failure.Code.UNSUPPORTED) {
                return null;
            }
            throw other;
        }
    }

    private static List<String> offered(String own) {
        List<String> offered = new ArrayList<>(4);
        offered.add(own);
        for (String structured : Media.STRUCTURED) {
            if (!structured.equals(own)) {
                offered.add(structured);
            }
        }
        return offered;
    }

    /** A body in this format. */
    Chosen of(Body body, String mediaType) {
        return new Chosen(mediaType, body.as(mediaType).bytes(), Media.letters(mediaType), false);
    }

    /** Any value in this format. */
    byte[] encode(@Nullable Object value, String mediaType) {
        Codec codec = bodies.codec(mediaType)
                .orElseThrow(() -> new Failure(Failure.Code.UNAVAILABLE, "no codec for " + mediaType));
        try {
            return codec.encode(value);
        } catch (IOException unencodable) {
            throw new UncheckedIOException(unencodable);
        }
    }

    /** Whether a list can be written in this format. */
    boolean knows(String mediaType) {
        return bodies.codec(mediaType).isPresent();
    }

    /** One row among others, in this format. */
    byte[] element(@Nullable Table table, Row row, String mediaType) {
        Body body = row.body();
        return plain(body) ? body.as(mediaType).bytes() : encode(entry(table, row, mediaType), mediaType);
    }

    /** One row among others, as a value. */
    @Nullable
    Object element(@Nullable Table table, Row row) {
        return plain(row.body()) ? row.body().value() : entry(table, row, Bodies.CBOR);
    }

    private static boolean plain(Body body) {
        return body.structured() && !body.contents().containsKey(Content.WHOLE);
    }

    /** An opaque body with what is needed to tell it from others: id, media type, and the data as text where it is text. */
    private static Map<String, Object> entry(@Nullable Table table, Row row, String mediaType) {
        Map<String, Object> entry = new LinkedHashMap<>();
        String id = table == null ? row.path().text() : table.id(row.path());
        entry.put("id", id == null ? row.path().text() : id);
        Content beside = row.body().contents().get(Content.WHOLE);
        if (beside != null) {
            entry.putAll(beside.reference());
            return entry;
        }
        entry.put("contentType", row.body().mediaType());
        byte[] bytes = row.body().bytes();
        String text = text(bytes);
        if (text != null) {
            entry.put("data", text);
        } else if (mediaType.equals(Bodies.JSON) || mediaType.equals(Media.NDJSON)) {
            entry.put("data", Base64.getEncoder().encodeToString(bytes));
            entry.put("encoding", "base64");
        } else {
            entry.put("data", bytes);
        }
        return entry;
    }

    private static @Nullable String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException notText) {
            return null;
        }
    }
}
