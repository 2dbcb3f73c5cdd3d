// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * First in a new connection's pipeline: waits for the first bytes, finds the protocol they belong to, hands the connection
 * over and leaves. Closes a connection that says nothing, or nothing that anybody understands. Confined to the loop.
 */
final class Detector extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(Detector.class);

    /** The longest preface of a known protocol has 24 bytes (HTTP/2). */
    private static final int MOST_BYTES = 64;

    private final Listener listener;
    private final Duration patience;
    private @Nullable ByteBuf seen;
    private @Nullable ScheduledFuture<?> timer;

    Detector(Listener listener, Duration patience) {
        this.listener = listener;
        this.patience = patience;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        timer = ctx.executor()
                .schedule(() -> refuse(ctx, "no bytes for " + patience), patience.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        seen = seen == null ? bytes : join(ctx, seen, bytes);
        if (!seen.isReadable()) {
            return;
        }
        boolean wait = false;
        for (Listener.Served served : listener.served()) {
            StreamProtocol.Match match =
                    listener.undecided() ? served.protocol().match(seen) : StreamProtocol.Match.YES;
            if (match == StreamProtocol.Match.YES) {
                handOver(ctx, served);
                return;
            }
            wait |= match == StreamProtocol.Match.MORE;
        }
        if (!wait || seen.readableBytes() >= MOST_BYTES) {
            refuse(ctx, listener.served().isEmpty() ? "its protocol is not installed" : "unknown protocol");
        }
    }

    private static ByteBuf join(ChannelHandlerContext ctx, ByteBuf first, ByteBuf next) {
        ByteBuf joined = ctx.alloc().buffer(first.readableBytes() + next.readableBytes());
        joined.writeBytes(first).writeBytes(next);
        first.release();
        next.release();
        return joined;
    }

    private void handOver(ChannelHandlerContext ctx, Listener.Served served) {
        Channel channel = ctx.channel();
        served.channels().add(channel);
        Traffic traffic = served.traffic();
        traffic.attach(channel);
        traffic.open.increment();
        channel.closeFuture().addListener(closed -> traffic.open.decrement());
        try {
            served.protocol().open(ctx.pipeline());
        } catch (RuntimeException bug) {
            LOG.error(
                    "opening failed protocol={} connection={}",
                    served.protocol().name(),
                    id(channel),
                    bug);
            ctx.close();
            return;
        }
        if (!listener.served().contains(served)) {
            // Removed while the connection was handed over.
            ctx.close();
            return;
        }
        ctx.pipeline().remove(this);
    }

    private void refuse(ChannelHandlerContext ctx, String reason) {
        if (!ctx.channel().isActive()) {
            return;
        }
        listener.traffic().refused.increment();
        LOG.debug(
                "connection refused listener={} connection={} remote={} reason=\"{}\"",
                listener.name(),
                id(ctx.channel()),
                ctx.channel().remoteAddress(),
                reason);
        ctx.close();
    }

    private static String id(Channel channel) {
        return Connection.of(channel).id();
    }

    /** Hands on what was seen, as the protocol's first read. */
    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (timer != null) {
            timer.cancel(false);
        }
        ByteBuf bytes = seen;
        seen = null;
        if (bytes == null) {
            return;
        }
        if (ctx.channel().isActive()) {
            ctx.fireChannelRead(bytes);
        } else {
            bytes.release();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        refuse(ctx, Printable.of(String.valueOf(cause.getMessage())));
    }
}
