// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;

/**
 * Counts the bytes of one connection for the protocol that it speaks at the moment; what came before that was known counts
 * for the first one. First in the pipeline. Confined to the connection's loop.
 */
final class ByteCount extends ChannelDuplexHandler {
    private long in;
    private long out;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof ByteBuf bytes) {
            in += bytes.readableBytes();
        }
        ctx.fireChannelRead(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        settle(ctx);
        ctx.fireChannelReadComplete();
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof ByteBuf bytes) {
            out += bytes.readableBytes();
        }
        ctx.write(message, promise);
    }

    @Override
    public void flush(ChannelHandlerContext ctx) {
        settle(ctx);
        ctx.flush();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        settle(ctx);
        ctx.fireChannelInactive();
    }

    private void settle(ChannelHandlerContext ctx) {
        Traffic traffic = Traffic.known(ctx.channel());
        if (traffic != null) {
            if (in > 0) {
                traffic.bytesIn.add(in);
                in = 0;
            }
            if (out > 0) {
                traffic.bytesOut.add(out);
                out = 0;
            }
        }
    }
}
