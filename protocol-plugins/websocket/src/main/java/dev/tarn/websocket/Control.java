// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything of RFC 6455 that is not data: pings, pongs, the closing handshake, and peers that are gone or take nothing.
 * Whoever wants to close writes a close frame, or closes the channel for 1000. On the connection's loop.
 */
final class Control extends ChannelDuplexHandler {
    private static final Logger LOG = LoggerFactory.getLogger(Control.class);

    /** How long a peer has to answer a close frame, in seconds. */
    private static final int PATIENCE = 3;

    private final String connection;
    private final Duration ping;
    private final Duration stall;

    private @Nullable Future<?> beat;

    /** Set once a close frame is on its way; data is neither sent nor passed on from then on. */
    private boolean closing;

    private boolean heard;
    private boolean asked;
    private long lastWritable;

    /**
     * @param connection what it is called in the log
     * @param ping between pings
     * @param stall how long a peer may take nothing
     */
    Control(String connection, Duration ping, Duration stall) {
        this.connection = connection;
        this.ping = ping;
        this.stall = stall;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        lastWritable = System.nanoTime();
        beat = context.executor()
                .scheduleAtFixedRate(() -> beat(context), ping.toMillis(), ping.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        if (beat != null) {
            beat.cancel(false);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        handlerRemoved(context);
        context.fireChannelInactive();
    }

    private void beat(ChannelHandlerContext context) {
        long now = System.nanoTime();
        if (context.channel().isWritable()) {
            lastWritable = now;
        } else if (now - lastWritable > stall.toNanos()) {
            cut(context, "takes nothing");
            return;
        }
        if (asked && !heard && context.channel().config().isAutoRead()) {
            cut(context, "answers no ping");
            return;
        }
        asked = false;
        heard = false;
        if (!closing && context.channel().isWritable()) {
            asked = true;
            context.writeAndFlush(new PingWebSocketFrame());
        }
    }

    private void cut(ChannelHandlerContext context, String why) {
        LOG.debug("websocket cut off connection={} reason=\"{}\"", connection, why);
        closing = true;
        context.close();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        heard = true;
        if (message instanceof CloseWebSocketFrame close) {
            closedByPeer(context, close);
        } else if (closing) {
            ReferenceCountUtil.release(message);
        } else if (message instanceof PingWebSocketFrame) {
            context.write(new PongWebSocketFrame(((WebSocketFrame) message).content()));
        } else if (message instanceof PongWebSocketFrame) {
            ReferenceCountUtil.release(message);
        } else {
            context.fireChannelRead(message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        context.flush();
        context.fireChannelReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        lastWritable = System.nanoTime();
        context.fireChannelWritabilityChanged();
    }

    private void closedByPeer(ChannelHandlerContext context, CloseWebSocketFrame close) {
        WebSocketCloseStatus broken = check(close.content());
        int code = close.content().readableBytes() > 1 ? close.content().getUnsignedShort(0) : -1;
        close.release();
        if (closing) {
            context.close();
            return;
        }
        closing = true;
        CloseWebSocketFrame answer = broken != null
                ? new CloseWebSocketFrame(broken)
                : code < 0 ? new CloseWebSocketFrame() : new CloseWebSocketFrame(code, "");
        // The server is the one that closes the connection below. RFC 6455 §7.1.1.
        context.writeAndFlush(answer).addListener(sent -> context.close());
    }

    /** What is wrong with the body of a close frame, or null. RFC 6455 §5.5.1, §7.4. */
    private static @Nullable WebSocketCloseStatus check(ByteBuf body) {
        if (!body.isReadable()) {
            return null;
        }
        if (body.readableBytes() == 1 || !allowed(body.getUnsignedShort(body.readerIndex()))) {
            return WebSocketCloseStatus.PROTOCOL_ERROR;
        }
        ByteBuffer reason = body.nioBuffer(body.readerIndex() + 2, body.readableBytes() - 2);
        try {
            StandardCharsets.UTF_8.newDecoder().decode(reason);
            return null;
        } catch (CharacterCodingException notText) {
            return WebSocketCloseStatus.INVALID_PAYLOAD_DATA;
        }
    }

    private static boolean allowed(int code) {
        return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (closing) {
            ReferenceCountUtil.release(message);
            promise.tryFailure(new IOException("the websocket is closing"));
        } else if (message instanceof CloseWebSocketFrame close) {
            say(context, close).addListener(done -> promise.trySuccess());
        } else {
            context.write(message, promise);
        }
    }

    /** Sends a close frame and waits for the peer's; reads and drops what it had sent before, or a reset would eat it. */
    private ChannelFuture say(ChannelHandlerContext context, CloseWebSocketFrame close) {
        closing = true;
        context.channel().config().setAutoRead(true);
        Future<?> timeout = context.executor().schedule(() -> context.close(), PATIENCE, TimeUnit.SECONDS);
        context.channel().closeFuture().addListener(gone -> timeout.cancel(false));
        return context.writeAndFlush(close);
    }

    /** The server wants the connection to end: whoever speaks on it says goodbye in its own way, else this does. */
    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        context.fireUserEventTriggered(event);
        if (event instanceof dev.tarn.transport.Closing asked && !asked.held()) {
            asked.hold();
            write(context, Closing.frame(Closing.code(asked.cause()), asked.reason()), context.newPromise());
            context.flush();
        }
    }

    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) {
        if (closing || !context.channel().isActive()) {
            // Somebody who closes again is answered when the close frames have been exchanged.
            context.channel().closeFuture().addListener(gone -> promise.trySuccess());
            if (!context.channel().isActive()) {
                context.close();
            }
            return;
        }
        say(context, new CloseWebSocketFrame(WebSocketCloseStatus.NORMAL_CLOSURE));
        context.channel().closeFuture().addListener(gone -> promise.trySuccess());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        CloseWebSocketFrame close = Closing.frame(cause, connection);
        if (close == null) {
            closing = true;
            context.close();
        } else if (closing) {
            close.release();
        } else {
            // What comes after this cannot be read, not even a close frame: the peer must see the end by itself.
            say(context, close).addListener(sent -> halfClose(context));
        }
    }

    private static void halfClose(ChannelHandlerContext context) {
        boolean plain = context.pipeline().get(SslHandler.class) == null;
        if (plain && context.channel() instanceof DuplexChannel duplex && duplex.isActive()) {
            duplex.shutdownOutput();
        }
    }
}
