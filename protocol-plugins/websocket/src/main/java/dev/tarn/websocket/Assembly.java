// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Puts messages together of the pieces in which they come, and expands those that are compressed. On the connection's loop. */
final class Assembly {
    private final int longest;
    private @Nullable ByteBuf message;
    private boolean text;
    private boolean compressed;

    /** @param longest bytes of a message */
    Assembly(int longest) {
        this.longest = longest;
    }

    /** Takes a piece over: the whole message if it was the last one, else null. */
    byte @Nullable [] add(ChannelHandlerContext context, WebSocketFrame frame) {
        try {
            if (frame instanceof TextWebSocketFrame || frame instanceof BinaryWebSocketFrame) {
                text = frame instanceof TextWebSocketFrame;
                compressed = (frame.rsv() & Deflate.RSV1) != 0;
            }
            ByteBuf piece = frame.content();
            if (message == null) {
                message = context.alloc().heapBuffer(Math.max(16, piece.readableBytes()));
            }
            message.writeBytes(piece);
            if (!frame.isFinalFragment()) {
                return null;
            }
            byte[] bytes = new byte[message.readableBytes()];
            message.readBytes(bytes).release();
            message = null;
            return compressed ? expanded(bytes) : bytes;
        } finally {
            frame.release();
        }
    }

    /** A message as it was before it was compressed; text is UTF-8 then, which nobody has looked at before. */
    private byte[] expanded(byte[] bytes) {
        byte[] expanded = Deflate.expanded(bytes, longest);
        if (text) {
            try {
                StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(expanded));
            } catch (CharacterCodingException notText) {
                throw new CorruptedWebSocketFrameException(
                        WebSocketCloseStatus.INVALID_PAYLOAD_DATA, "text that is no UTF-8", notText);
            }
        }
        return expanded;
    }

    /** Whether the last message is text. */
    boolean text() {
        return text;
    }

    /** Forgets what has come of a message. */
    void release() {
        if (message != null) {
            message.release();
            message = null;
        }
    }
}
