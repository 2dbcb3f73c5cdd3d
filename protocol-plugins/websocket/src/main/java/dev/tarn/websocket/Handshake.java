// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.tarn.api.data.Failure;
import dev.tarn.transport.HttpExchange;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The opening handshake. RFC 6455 §4.2. */
final class Handshake {
    private static final String MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final String VERSION = "13";

    private Handshake() {}

    /** Whether a request asks to become a WebSocket, rightly or wrongly. */
    static boolean asked(HttpRequest head) {
        return head.method().equals(HttpMethod.GET)
                && head.headers().containsValue(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true)
                && head.headers().containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true);
    }

    /**
     * What is wrong with the version: the answer that says which one is spoken, or null. RFC 6455 §4.4.
     *
     * @throws Failure MALFORMED when anything else is wrong
     */
    static @Nullable FullHttpResponse check(HttpRequest head) {
        if (head.protocolVersion().compareTo(HttpVersion.HTTP_1_1) < 0) {
            throw new Failure(Failure.Code.MALFORMED, "a WebSocket begins with HTTP/1.1");
        }
        if (!VERSION.equals(head.headers().get(HttpHeaderNames.SEC_WEBSOCKET_VERSION))) {
            FullHttpResponse response = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.UPGRADE_REQUIRED, Unpooled.EMPTY_BUFFER);
            response.headers()
                    .set(HttpHeaderNames.SEC_WEBSOCKET_VERSION, VERSION)
                    .set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET);
            return response;
        }
        if (HttpUtil.isTransferEncodingChunked(head) || HttpUtil.getContentLength(head, 0L) > 0) {
            throw new Failure(Failure.Code.MALFORMED, "a request that becomes a WebSocket has no body");
        }
        List<String> keys = head.headers().getAll(HttpHeaderNames.SEC_WEBSOCKET_KEY);
        if (keys.size() != 1 || !isKey(keys.get(0).strip())) {
            throw new Failure(Failure.Code.MALFORMED, "Sec-WebSocket-Key is 16 bytes in base64, once");
        }
        return null;
    }

    private static boolean isKey(String key) {
        try {
            return key.length() == 24 && Base64.getDecoder().decode(key).length == 16;
        } catch (IllegalArgumentException notBase64) {
            return false;
        }
    }

    /** The subprotocols that the client asks for, as it spells them, in its order. */
    static List<String> subprotocols(HttpHeaders headers) {
        List<String> names = new ArrayList<>();
        for (String header : headers.getAll(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL)) {
            for (String name : header.split(",")) {
                if (!name.isBlank()) {
                    names.add(name.strip());
                }
            }
        }
        return names;
    }

    /** Whether a client offers to have messages compressed in a way that can be agreed to. */
    static boolean deflates(HttpHeaders headers) {
        return Deflate.offered(headers.getAll(HttpHeaderNames.SEC_WEBSOCKET_EXTENSIONS));
    }

    /**
     * Says yes and opens the new protocol where HTTP was.
     *
     * @param subprotocol what was agreed on, or null
     * @param deflates whether it is agreed that messages may be compressed
     * @param open adds handlers to the end of the pipeline; what the client has sent already is theirs
     */
    static Channel accept(
            HttpExchange exchange, @Nullable String subprotocol, boolean deflates, Consumer<ChannelPipeline> open) {
        HttpExchange.Upgrade upgrade = exchange.upgrade();
        String key = upgrade.request().headers().get(HttpHeaderNames.SEC_WEBSOCKET_KEY, "");
        upgrade.request().release();
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.SWITCHING_PROTOCOLS, Unpooled.EMPTY_BUFFER);
        response.headers()
                .set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET)
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE)
                .set(HttpHeaderNames.SEC_WEBSOCKET_ACCEPT, answer(key.strip()));
        if (subprotocol != null) {
            response.headers().set(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL, subprotocol);
        }
        if (deflates) {
            response.headers().set(HttpHeaderNames.SEC_WEBSOCKET_EXTENSIONS, Deflate.AGREED);
        }
        ChannelPipeline pipeline = upgrade.pipeline();
        // Encoded as it is written, so the encoder can go at once; what the decoder has left goes to those after it.
        pipeline.writeAndFlush(response);
        pipeline.remove(HttpResponseEncoder.class);
        open.accept(pipeline);
        pipeline.remove(HttpRequestDecoder.class);
        return pipeline.channel();
    }

    /** What proves that the key was read. RFC 6455 §4.2.2. */
    private static String answer(String key) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-1").digest((key + MAGIC).getBytes(ISO_8859_1));
            return Base64.getEncoder().encodeToString(hash);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java has SHA-1", impossible);
        }
    }
}
