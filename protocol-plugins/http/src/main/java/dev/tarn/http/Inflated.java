// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.data.Failure;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;

/** The content codings in which request bodies are taken (RFC 9110 §8.4). */
final class Inflated {

    /** For {@code Accept-Encoding} of an answer that refuses another one (RFC 9110 §12.5.3). */
    static final String ACCEPTED = "gzip, deflate, identity";

    private Inflated() {}

    /** Whether a request's body comes compressed in a way that is taken. */
    static boolean comes(HttpHeaders headers) {
        String coding = coding(headers);
        return coding.equals("gzip") || coding.equals("x-gzip") || coding.equals("deflate");
    }

    private static String coding(HttpHeaders headers) {
        return headers.get(HttpHeaderNames.CONTENT_ENCODING, "").strip().toLowerCase(Locale.ROOT);
    }

    /**
     * What such a body stands for. Reads no further than the limit, however much a few bytes promise.
     *
     * @param limit the most bytes
     * @throws Failure MALFORMED, TOO_LARGE
     */
    static byte[] of(byte[] coded, HttpHeaders headers, int limit) {
        try (InputStream in = plain(coded, coding(headers))) {
            byte[] plain = in.readNBytes(limit);
            if (plain.length == limit && in.read() >= 0) {
                throw new Failure(
                        Failure.Code.TOO_LARGE, "the request body is larger than " + limit + " bytes once decoded");
            }
            return plain;
        } catch (IOException broken) {
            throw new Failure(
                    Failure.Code.MALFORMED, "the request body is not " + coding(headers) + ": " + broken.getMessage());
        }
    }

    /** Deflate is what zlib writes (RFC 9110 §8.4.1.2). */
    private static InputStream plain(byte[] coded, String coding) throws IOException {
        InputStream in = new ByteArrayInputStream(coded);
        return coding.equals("deflate") ? new InflaterInputStream(in) : new GZIPInputStream(in, 8 << 10);
    }
}
