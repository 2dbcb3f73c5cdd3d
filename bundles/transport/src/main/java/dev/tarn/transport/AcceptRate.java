// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.TimeUnit;

/**
 * Stops accepting for the rest of a second in which enough was accepted; the few that come together with the last of them
 * are accepted, too. Confined to the listening channel's loop.
 */
final class AcceptRate extends ChannelInboundHandlerAdapter {
    private static final long WINDOW = TimeUnit.SECONDS.toNanos(1);

    private final int perSecond;
    private long since = System.nanoTime();
    private int count;

    /** Whether nothing is accepted until the window is over. */
    private boolean paused;

    AcceptRate(int perSecond) {
        this.perSecond = perSecond;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object accepted) {
        long now = System.nanoTime();
        if (now - since > WINDOW && !paused) {
            since = now;
            count = 0;
        }
        count++;
        if (count >= perSecond && !paused) {
            paused = true;
            ctx.channel().config().setAutoRead(false);
            ctx.executor().schedule(() -> resume(ctx), WINDOW - (now - since), TimeUnit.NANOSECONDS);
        }
        ctx.fireChannelRead(accepted);
    }

    private void resume(ChannelHandlerContext ctx) {
        paused = false;
        since = System.nanoTime();
        count = 0;
        ctx.channel().config().setAutoRead(true);
    }
}
