// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import javax.net.ssl.SSLSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands behind TLS: notes the session in the {@link Connection} when hands are shaken, and closes a connection whose
 * handshake fails or that sends much without saying anything, such as key updates without end. Confined to the loop.
 */
final class Secured extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(Secured.class);

    /** Above the largest record, and what a handshake with a chain of certificates takes. */
    private static final int MOST_UNSAID = 160 << 10;

    private final Listener listener;
    private int unsaid;
    private boolean told;

    Secured(Listener listener) {
        super();
        this.listener = listener;
    }

    /** Counts what comes in before it is decrypted. */
    final class Before extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            unsaid += ((ByteBuf) message).readableBytes();
            if (unsaid > MOST_UNSAID) {
                ((ByteBuf) message).release();
                refuse(ctx, "TLS records without anything in them");
                return;
            }
            ctx.fireChannelRead(message);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        unsaid = 0;
        ctx.fireChannelRead(message);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof SslHandshakeCompletionEvent shaken) {
            unsaid = 0;
            if (shaken.isSuccess()) {
                SslHandler tls = ctx.pipeline().get(SslHandler.class);
                SSLSession session = tls.engine().getSession();
                Connection.of(ctx.channel()).secured(session).attach(ctx.channel());
                listener.shaken(ctx.channel(), session);
            } else {
                refuse(ctx, "TLS: " + shaken.cause().getMessage());
            }
        }
        ctx.fireUserEventTriggered(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof io.netty.handler.codec.DecoderException) {
            refuse(ctx, "TLS: " + cause.getMessage());
        } else {
            ctx.fireExceptionCaught(cause);
        }
    }

    private void refuse(ChannelHandlerContext ctx, String reason) {
        if (!told) {
            told = true;
            listener.traffic().refused.increment();
            LOG.debug(
                    "connection refused listener={} connection={} remote={} reason=\"{}\"",
                    listener.name(),
                    Connection.of(ctx.channel()).id(),
                    ctx.channel().remoteAddress(),
                    Printable.of(reason));
        }
        ctx.close();
    }
}
