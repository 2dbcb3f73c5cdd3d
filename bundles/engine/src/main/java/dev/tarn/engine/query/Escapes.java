// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Percent-encoding (RFC 3986 §2.1), read strictly: two hex digits each, the bytes UTF-8. */
final class Escapes {

    private Escapes() {}

    /**
     * Part of a query, decoded.
     *
     * @throws dev.tarn.api.data.Failure MALFORMED with the position
     */
    static String decoded(String text, int from, int to) {
        int percent = text.indexOf('%', from);
        if (percent < 0 || percent >= to) {
            return text.substring(from, to);
        }
        ByteBuffer bytes = ByteBuffer.allocate((to - from) * 3);
        int at = from;
        while (at < to) {
            if (text.charAt(at) == '%') {
                bytes.put((byte) (digit(text, at, at + 1, to) << 4 | digit(text, at, at + 2, to)));
                at += 3;
            } else {
                int next = text.offsetByCodePoints(at, 1);
                bytes.put(text.substring(at, next).getBytes(StandardCharsets.UTF_8));
                at = next;
            }
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
        } catch (CharacterCodingException notText) {
            throw QueryParser.wrong(from, "what is percent-encoded is not UTF-8");
        }
    }

    private static int digit(String text, int percent, int at, int to) {
        int digit = at < to ? Character.digit(text.charAt(at), 16) : -1;
        if (digit < 0 || text.charAt(at) > 'f') {
            throw QueryParser.wrong(percent, "expected two hex digits after %");
        }
        return digit;
    }
}
