// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.transport.HttpExchange;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Objects;
import java.util.zip.CRC32;

/** The page on which to try what {@code /openapi} describes: three files of this bundle, nothing from elsewhere. Immutable. */
final class ApiPage {

    /** Runs our script and asks this server; nothing else, and in nobody's frame. */
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
            + " img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final Map<String, File> files = Map.of(
            RestProtocol.DESCRIPTION + "/ui", file("ui.html", "text/html; charset=utf-8"),
            RestProtocol.DESCRIPTION + "/ui.js", file("ui.js", "text/javascript; charset=utf-8"),
            RestProtocol.DESCRIPTION + "/ui.css", file("ui.css", "text/css; charset=utf-8"));

    private static final class File {
        final String mediaType;
        final byte[] bytes;
        final String tag;

        File(String mediaType, byte[] bytes, String tag) {
            this.mediaType = mediaType;
            this.bytes = bytes;
            this.tag = tag;
        }
    }

    private static File file(String name, String mediaType) {
        try (InputStream in = ApiPage.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new FileNotFoundException(name);
            }
            byte[] bytes = in.readAllBytes();
            CRC32 sum = new CRC32();
            sum.update(bytes);
            return new File(mediaType, bytes, "\"" + Long.toHexString(sum.getValue()) + "\"");
        } catch (IOException incomplete) {
            throw new UncheckedIOException("this bundle is incomplete", incomplete);
        }
    }

    /** Whether one of the files is at this path. */
    boolean has(String path) {
        return files.containsKey(path);
    }

    /** Answers with the file at the exchange's path. On the exchange's loop. */
    void answer(HttpExchange exchange) {
        HttpMethod method = exchange.head().method();
        if (method.equals(HttpMethod.OPTIONS)) {
            Call.options(exchange, Call.READ_ONLY);
            return;
        } else if (!method.equals(HttpMethod.GET) && !method.equals(HttpMethod.HEAD)) {
            Call.notAllowed(exchange, Call.READ_ONLY, "this page can only be read");
            return;
        }
        File file = Objects.requireNonNull(files.get(exchange.path()));
        HttpHeaders asked = exchange.head().headers();
        boolean known = Tag.matches(asked.getAll(HttpHeaderNames.IF_NONE_MATCH), file.tag);
        FullHttpResponse response = known
                ? Call.empty(HttpResponseStatus.NOT_MODIFIED)
                : Call.full(HttpResponseStatus.OK, Unpooled.wrappedBuffer(file.bytes));
        HttpHeaders headers = response.headers();
        headers.set(HttpHeaderNames.ETAG, file.tag).set(HttpHeaderNames.CACHE_CONTROL, "no-cache");
        if (!known) {
            headers.set(HttpHeaderNames.CONTENT_TYPE, file.mediaType)
                    .set(HttpHeaderNames.CONTENT_SECURITY_POLICY, POLICY)
                    .set("X-Content-Type-Options", "nosniff")
                    .set("Referrer-Policy", "no-referrer");
        }
        exchange.respond(response);
    }
}
