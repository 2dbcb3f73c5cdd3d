// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.TimeUnit;

/** Stops accepting for the rest of a second in which enough was accepted. Confined to the listening channel's loop. */
final class AcceptRate extends ChannelInboundHandlerAdapter {
    private static final long WINDOW = TimeUnit.SECONDS.toNanos(1);

    private final int perSecond;
    private long since = System.nanoTime();
    private int count;

    AcceptRate(int perSecond) {
        this.perSecond = perSecond;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object accepted) {
        long now = System.nanoTime();
        if (now - since > WINDOW) {
            since = now;
            count = 0;
        }
        count++;
        if (count == perSecond) {
            ctx.channel().config().setAutoRead(false);
            ctx.executor()
                    .schedule(
                            () -> ctx.channel().config().setAutoRead(true),
                            WINDOW - (now - since),
                            TimeUnit.NANOSECONDS);
        }
        ctx.fireChannelRead(accepted);
    }
}
