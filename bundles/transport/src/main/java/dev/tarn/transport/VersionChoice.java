// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslHandler;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whether a connection speaks HTTP/2, by what TLS agreed on or by the preface that its client begins with (RFC
 * 9113 §3.3, §3.4), makes its pipeline and leaves. Confined to the connection's loop.
 */
final class VersionChoice extends ChannelInboundHandlerAdapter {
    private static final ByteBuf PREFACE = Unpooled.unreleasableBuffer(
            Unpooled.copiedBuffer("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", StandardCharsets.US_ASCII));

    private final HttpFraming http;
    private @Nullable ByteBuf seen;
    private @Nullable ScheduledFuture<?> timer;

    VersionChoice(HttpFraming http) {
        super();
        this.http = http;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        SslHandler tls = ctx.pipeline().get(SslHandler.class);
        if (tls != null && ApplicationProtocolNames.HTTP_2.equals(tls.applicationProtocol())) {
            begin(ctx, true);
        } else {
            // Who sends part of a preface and no more.
            timer = ctx.executor()
                    .schedule(() -> ctx.close(), http.limits().headTimeout().toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        ByteBuf first = seen == null ? bytes : Unpooled.wrappedBuffer(seen, bytes);
        seen = first;
        int known = Math.min(first.readableBytes(), PREFACE.readableBytes());
        boolean two = ByteBufUtil.equals(first, first.readerIndex(), PREFACE, 0, known);
        if (!two || known == PREFACE.readableBytes()) {
            begin(ctx, two);
        }
    }

    private void begin(ChannelHandlerContext ctx, boolean two) {
        ChannelPipeline pipeline = ctx.pipeline();
        if (two) {
            Http2Connection.open(http, pipeline);
        } else {
            RequestDecoder decoder = new RequestDecoder(http.limits().decoder());
            ResponseEncoder encoder = new ResponseEncoder();
            pipeline.addLast(decoder, encoder, new HttpConnection(http, decoder, encoder));
        }
        pipeline.remove(this);
    }

    /** Hands on what was seen. */
    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (timer != null) {
            timer.cancel(false);
        }
        ByteBuf bytes = seen;
        seen = null;
        if (bytes == null) {
            return;
        } else if (ctx.channel().isActive()) {
            ctx.fireChannelRead(bytes);
        } else {
            bytes.release();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (seen != null) {
            seen.release();
            seen = null;
        }
        ctx.fireChannelInactive();
    }
}
