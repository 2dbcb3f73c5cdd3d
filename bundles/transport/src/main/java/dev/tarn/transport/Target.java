// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.api.data.Failure;
import io.netty.handler.codec.http.HttpMethod;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request target, taken apart and decoded (RFC 9112 §3.2). A slash that belongs into a segment, as at the edges of a
 * topic, is written {@code %2F}. Immutable.
 *
 * @param authority host and port of an absolute target, which then counts instead of Host; null otherwise
 * @param segments split at unescaped slashes, then decoded
 * @param query what follows the question mark, still encoded
 */
record Target(@Nullable String authority, List<String> segments, String query) {

    static Target parse(String uri, HttpMethod method) {
        for (int i = 0; i < uri.length(); i++) {
            char c = uri.charAt(i);
            if (c <= ' ' || c >= 0x7f || c == '#') {
                throw new Failure(
                        Failure.Code.MALFORMED,
                        "the request target has an illegal character at " + i + "; percent-encode it");
            }
        }
        if (uri.equals("*") && method.equals(HttpMethod.OPTIONS)) {
            return new Target(null, List.of(), "");
        }
        String authority = null;
        String rest = uri;
        if (!uri.startsWith("/")) {
            int from = uri.regionMatches(true, 0, "http://", 0, 7)
                    ? 7
                    : uri.regionMatches(true, 0, "https://", 0, 8) ? 8 : 0;
            if (from == 0) {
                throw new Failure(Failure.Code.MALFORMED, "the request target begins with neither / nor http://");
            }
            int end = from;
            while (end < uri.length() && uri.charAt(end) != '/' && uri.charAt(end) != '?') {
                end++;
            }
            authority = uri.substring(from, end);
            rest = uri.startsWith("/", end) ? uri.substring(end) : "/" + uri.substring(end);
        }
        int question = rest.indexOf('?');
        String path = question < 0 ? rest : rest.substring(0, question);
        if (path.startsWith("//")) {
            throw new Failure(
                    Failure.Code.MALFORMED,
                    "a path that begins with two slashes; a slash that begins a topic is written %2F");
        }
        return new Target(authority, segments(path), question < 0 ? "" : rest.substring(question + 1));
    }

    private static List<String> segments(String path) {
        List<String> segments = new ArrayList<>(4);
        int from = 1;
        while (true) {
            int slash = path.indexOf('/', from);
            String segment = decode(slash < 0 ? path.substring(from) : path.substring(from, slash));
            refuseDots(segment);
            segments.add(segment);
            if (slash < 0) {
                return segments;
            }
            from = slash + 1;
        }
    }

    /** Dot segments are for clients to resolve; whoever sends them here, plain or encoded, wants out of something. */
    private static void refuseDots(String segment) {
        if (segment.indexOf('.') < 0) {
            return;
        }
        int from = 0;
        for (int i = 0; i <= segment.length(); i++) {
            if (i == segment.length() || segment.charAt(i) == '/' || segment.charAt(i) == '\\') {
                String part = segment.substring(from, i);
                if (part.equals(".") || part.equals("..")) {
                    throw new Failure(Failure.Code.MALFORMED, "a path with the segment " + part);
                }
                from = i + 1;
            }
        }
    }

    /** {@code /} and the segments joined by slashes. */
    String path() {
        return "/" + String.join("/", segments);
    }

    /** The query as names and values, decoded; a plus sign stands for itself (RFC 3986). */
    Map<String, List<String>> parameters() {
        Map<String, List<String>> parameters = new LinkedHashMap<>();
        if (query.isEmpty()) {
            return parameters;
        }
        for (String pair : query.split("&", -1)) {
            if (pair.isEmpty()) {
                continue;
            }
            int equals = pair.indexOf('=');
            String name = decode(equals < 0 ? pair : pair.substring(0, equals));
            String value = equals < 0 ? "" : decode(pair.substring(equals + 1));
            parameters.computeIfAbsent(name, first -> new ArrayList<>(1)).add(value);
        }
        return parameters;
    }

    /**
     * Percent-decodes strictly: two hex digits each, the bytes UTF-8, no U+0000.
     *
     * @throws Failure MALFORMED
     */
    static String decode(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        byte[] bytes = new byte[text.length()];
        int length = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '%') {
                boolean whole = i + 2 < text.length();
                int high = whole ? Character.digit(text.charAt(i + 1), 16) : -1;
                int low = whole ? Character.digit(text.charAt(i + 2), 16) : -1;
                if (high < 0 || low < 0) {
                    throw new Failure(Failure.Code.MALFORMED, "a percent sign without two hexadecimal digits");
                }
                c = (char) (high << 4 | low);
                i += 2;
            }
            if (c == 0) {
                throw new Failure(Failure.Code.MALFORMED, "%00 in the request target");
            }
            bytes[length++] = (byte) c;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes, 0, length))
                    .toString();
        } catch (CharacterCodingException notUtf8) {
            throw new Failure(Failure.Code.MALFORMED, "percent-encoded bytes that are not UTF-8");
        }
    }
}
