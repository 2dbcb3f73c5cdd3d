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
 * First in a new connection's pipeline: waits for the first bytes, begins TLS if these ask for it, finds the protocol they
 * belong to, hands the connection over and leaves. Closes a connection that says nothing, or nothing that anybody understands; one whose protocol may be
 * missing is kept for a moment, so that an update of the protocol turns nobody away. Confined to the loop.
 */
final class Detector extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(Detector.class);

    /** The longest preface of a known protocol has 24 bytes (HTTP/2). */
    private static final int MOST_BYTES = 64;

    /** A record of a handshake, the version of records, its length, and a ClientHello in it: RFC 8446 §5.1 and §4. */
    private static final int HELLO_BYTES = 6;

    /** How long a protocol may be away while it is updated. */
    private static final long ABSENCE_MILLIS = 1_000;

    private final Listener listener;
    private final Duration patience;
    private boolean plain;
    private @Nullable ByteBuf seen;
    private @Nullable ScheduledFuture<?> timer;
    private @Nullable ScheduledFuture<?> absence;

    Detector(Listener listener, Duration patience) {
        this.listener = listener;
        this.patience = patience;
        this.plain = listener.detectsTls();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        timer = ctx.executor()
                .schedule(() -> refuse(ctx, "no bytes for " + patience), patience.toNanos(), TimeUnit.NANOSECONDS);
        if (listener.served().isEmpty()) {
            await(ctx);
        }
    }

    /** A protocol has come. */
    void look(ChannelHandlerContext ctx) {
        if (absence != null) {
            absence.cancel(false);
            absence = null;
            ctx.channel().config().setAutoRead(true);
        }
        if (seen != null && ctx.channel().isActive()) {
            decide(ctx, seen);
            if (ctx.isRemoved()) {
                // The protocol has just read, and not as part of a read of the socket.
                ctx.pipeline().fireChannelReadComplete();
            }
        }
    }

    /** For a protocol that is not here; reads no more meanwhile. */
    private void await(ChannelHandlerContext ctx) {
        if (absence == null) {
            absence = ctx.executor()
                    .schedule(
                            () -> refuse(ctx, "its protocol is not installed"), ABSENCE_MILLIS, TimeUnit.MILLISECONDS);
        }
        if (seen != null) {
            ctx.channel().config().setAutoRead(false);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        seen = seen == null ? bytes : join(ctx, seen, bytes);
        if (seen.isReadable()) {
            decide(ctx, seen);
        }
    }

    private void decide(ChannelHandlerContext ctx, ByteBuf first) {
        StreamProtocol.Match hello = plain ? hello(first) : StreamProtocol.Match.NO;
        if (hello == StreamProtocol.Match.MORE) {
            return;
        }
        // Within TLS nobody begins TLS once more.
        plain = false;
        if (hello == StreamProtocol.Match.YES) {
            seen = null;
            listener.secure(ctx.pipeline());
            ctx.pipeline().context(ByteCount.class).fireChannelRead(first);
            return;
        }
        boolean more = false;
        for (Listener.Served served : listener.served()) {
            StreamProtocol.Match match =
                    listener.undecided() ? served.protocol().match(first) : StreamProtocol.Match.YES;
            if (match == StreamProtocol.Match.YES) {
                handOver(ctx, served);
                return;
            }
            more |= match == StreamProtocol.Match.MORE;
        }
        if (more && first.readableBytes() < MOST_BYTES) {
            return;
        } else if (listener.complete()) {
            refuse(ctx, "unknown protocol");
        } else {
            await(ctx);
        }
    }

    /** Whether somebody begins TLS. */
    private static StreamProtocol.Match hello(ByteBuf first) {
        int at = first.readerIndex();
        int seen = Math.min(HELLO_BYTES, first.readableBytes());
        boolean handshake = first.getByte(at) == 22
                && (seen < 2 || first.getByte(at + 1) == 3)
                && (seen < HELLO_BYTES || first.getByte(at + 5) == 1);
        return !handshake
                ? StreamProtocol.Match.NO
                : seen < HELLO_BYTES ? StreamProtocol.Match.MORE : StreamProtocol.Match.YES;
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
        if (absence != null) {
            absence.cancel(false);
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
