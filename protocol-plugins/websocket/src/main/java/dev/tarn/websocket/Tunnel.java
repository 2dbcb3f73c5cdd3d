// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.CoalescingBufferQueue;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/**
 * Lets a protocol that speaks in bytes speak through binary frames: borders of frames mean nothing to it
 * [MQTT-6.0.0-2], and what it writes between two flushes leaves in one frame. On the connection's loop.
 */
final class Tunnel extends ChannelDuplexHandler {

    /** A flush of more bytes than this leaves in several frames. */
    private static final int LONGEST_FRAME = 256 << 10;

    private final String connection;
    private @Nullable CoalescingBufferQueue queue;

    /**
     * @param connection what it is called in the log
     */
    Tunnel(String connection) {
        this.connection = connection;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        queue = new CoalescingBufferQueue(context.channel(), 4, true);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        if (queue != null) {
            queue.releaseAndFailAll(new ClosedChannelException());
        }
    }

    /** [MQTT-6.0.0-2] */
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof TextWebSocketFrame text) {
            text.release();
            // [MQTT-6.0.0-1]; AMQP's WebSocket binding §2.4 asks for the same.
            context.writeAndFlush(Closing.frame(Closing.UNSUPPORTED_DATA, "binary frames only"));
        } else if (message instanceof WebSocketFrame frame) {
            ByteBuf bytes = frame.content();
            if (bytes.isReadable()) {
                context.fireChannelRead(bytes);
            } else {
                bytes.release();
            }
        } else {
            context.fireChannelRead(message);
        }
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (queue != null && message instanceof ByteBuf bytes) {
            queue.add(bytes, promise);
        } else {
            context.write(message, promise);
        }
    }

    @Override
    public void flush(ChannelHandlerContext context) {
        writeAll(context);
        context.flush();
    }

    private void writeAll(ChannelHandlerContext context) {
        while (queue != null && !queue.isEmpty()) {
            ChannelPromise promise = context.newPromise();
            ByteBuf bytes = queue.remove(context.alloc(), LONGEST_FRAME, promise);
            context.write(new BinaryWebSocketFrame(bytes), promise);
        }
    }

    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) {
        writeAll(context);
        context.close(promise);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        Closing.end(context, cause, connection);
    }
}
