// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.data.Failure;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.zip.GZIPInputStream;

/** The content codings in which request bodies are taken (RFC 9110 §8.4). */
final class Inflated {

    /** For {@code Accept-Encoding} of an answer that refuses another one (RFC 9110 §12.5.3). */
    static final String ACCEPTED = "gzip, identity";

    private Inflated() {}

    /** Whether a request's body comes as gzip. */
    static boolean comes(HttpHeaders headers) {
        String coding = headers.get(HttpHeaderNames.CONTENT_ENCODING, "").strip();
        return coding.equalsIgnoreCase("gzip") || coding.equalsIgnoreCase("x-gzip");
    }

    /**
     * What gzip stands for. Reads no further than the limit, however much a few bytes promise.
     *
     * @param limit the most bytes
     * @throws Failure MALFORMED, TOO_LARGE
     */
    static byte[] of(byte[] gzip, int limit) {
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(gzip), 8 << 10)) {
            byte[] plain = in.readNBytes(limit);
            if (plain.length == limit && in.read() >= 0) {
                throw new Failure(
                        Failure.Code.TOO_LARGE, "the request body is larger than " + limit + " bytes once decoded");
            }
            return plain;
        } catch (IOException broken) {
            throw new Failure(Failure.Code.MALFORMED, "the request body is not gzip: " + broken.getMessage());
        }
    }
}
