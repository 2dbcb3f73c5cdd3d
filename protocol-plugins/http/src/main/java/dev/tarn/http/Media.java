// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Body;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Media types of this protocol and what they are called elsewhere. */
final class Media {
    static final String NDJSON = "application/x-ndjson";
    static final String CSV = "text/csv";

    /** Formats in which any structured body can be read, by the server's preference. */
    static final List<String> STRUCTURED = List.of(Bodies.JSON, Bodies.CBOR, Bodies.MSGPACK);

    /** Formats in which many rows can be read, by the server's preference. */
    static final List<String> LISTS = List.of(Bodies.JSON, NDJSON, Bodies.CBOR, Bodies.MSGPACK, CSV);

    /** RFC 9110 §8.3.1, with the characters of its tokens. */
    private static final Pattern TYPE =
            Pattern.compile("[a-z0-9!#$%&'*+.^_`|~-]{1,127}/[a-z0-9!#$%&'*+.^_`|~-]{1,127}");

    private static final Map<String, String> SUFFIXES =
            Map.of("json", Bodies.JSON, "cbor", Bodies.CBOR, "msgpack", Bodies.MSGPACK, "ndjson", NDJSON, "csv", CSV);

    private static final Map<String, String> OTHER_NAMES = Map.of(
            "application/msgpack", Bodies.MSGPACK,
            "application/vnd.msgpack", Bodies.MSGPACK,
            "application/ndjson", NDJSON,
            "application/jsonl", NDJSON,
            "text/json", Bodies.JSON);

    private Media() {}

    /** The format that a suffix of an id names, or null. */
    static @Nullable String suffix(String extension) {
        return SUFFIXES.get(extension);
    }

    /** Type and subtype in lower case. */
    static String essence(String mediaType) {
        int semicolon = mediaType.indexOf(';');
        return (semicolon < 0 ? mediaType : mediaType.substring(0, semicolon))
                .strip()
                .toLowerCase(Locale.ROOT);
    }

    /** Whether text is a media type: two words with a slash between them, whatever its parameters are. */
    static boolean isType(String text) {
        return TYPE.matcher(essence(text)).matches();
    }

    /** Letters for a tag. */
    static String letters(String mediaType) {
        return switch (mediaType) {
            case Bodies.JSON -> "j";
            case Bodies.CBOR -> "c";
            case Bodies.MSGPACK -> "m";
            case NDJSON -> "n";
            case CSV -> "v";
            default -> "o";
        };
    }

    /** Which of the offered types the client likes best, whichever of its names it says; null for none. */
    static @Nullable String choose(Accept accept, List<String> offered) {
        String best = null;
        int quality = 0;
        for (String candidate : offered) {
            int other = quality(accept, candidate);
            if (other > quality) {
                best = candidate;
                quality = other;
            }
        }
        return best;
    }

    private static int quality(Accept accept, String mediaType) {
        int quality = accept.quality(mediaType);
        for (Map.Entry<String, String> other : OTHER_NAMES.entrySet()) {
            if (other.getValue().equals(mediaType)) {
                quality = accept.names(other.getKey()) ? accept.quality(other.getKey()) : quality;
            }
        }
        return quality;
    }

    /** The media type as it may stand in a header: what a device said it is may be anything. */
    static String sendable(String mediaType) {
        for (int i = 0; i < mediaType.length(); i++) {
            char c = mediaType.charAt(i);
            if (c < ' ' || c > '~') {
                return Body.OPAQUE;
            }
        }
        return mediaType.indexOf('/') > 0 ? mediaType : Body.OPAQUE;
    }
}
