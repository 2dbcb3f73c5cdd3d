// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpConstants;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;

/**
 * Netty's request decoder, which in addition can be paused between two messages, so that pipelined requests wait as bytes,
 * and refuses header lines that are folded (RFC 9112 §5.2). Confined to the loop.
 */
final class RequestDecoder extends HttpRequestDecoder {
    /** Bytes that may wait undecoded before the socket is no longer read. */
    private static final int HELD = 1 << 10;

    private boolean paused;
    private boolean discarding;
    private boolean decoding;
    private boolean inHead = true;
    private boolean begun;
    private boolean afterLineFeed;
    private boolean folded;

    RequestDecoder(HttpDecoderConfig config) {
        super(config);
    }

    /** Decodes nothing more until {@link #resume}. */
    void pause() {
        paused = true;
    }

    /** Goes on with what waits. */
    void resume(ChannelHandlerContext own) {
        paused = false;
        if (!own.channel().config().isAutoRead()) {
            own.channel().config().setAutoRead(true);
        }
        if (decoding || actualReadableBytes() == 0) {
            return;
        }
        try {
            channelRead(own, Unpooled.EMPTY_BUFFER);
            channelReadComplete(own);
        } catch (Exception bug) {
            own.fireExceptionCaught(bug);
        }
    }

    /** Whether this call comes from within a read, whose end will flush. */
    boolean decoding() {
        return decoding;
    }

    /** From now on whatever comes is thrown away. */
    void discard() {
        discarding = true;
        paused = false;
    }

    /** Whether a head has begun to arrive and is not complete. */
    boolean midHead() {
        return inHead && begun;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        decoding = true;
        try {
            super.channelRead(ctx, message);
        } finally {
            decoding = false;
        }
        if (paused && actualReadableBytes() > HELD) {
            ctx.channel().config().setAutoRead(false);
        }
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) throws Exception {
        super.handlerRemoved0(ctx);
        ctx.channel().config().setAutoRead(true);
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
        if (discarding) {
            in.skipBytes(in.readableBytes());
            return;
        }
        if (paused) {
            return;
        }
        int from = in.readerIndex();
        int before = out.size();
        super.decode(ctx, in, out);
        if (inHead) {
            begun |= in.readerIndex() > from || in.isReadable();
            folded |= folds(in, from, in.readerIndex());
        }
        for (int i = before; i < out.size(); i++) {
            Object decoded = out.get(i);
            if (decoded instanceof HttpRequest head) {
                inHead = false;
                begun = false;
                afterLineFeed = false;
                if (folded && head.decoderResult().isSuccess()) {
                    head.setDecoderResult(DecoderResult.failure(new IllegalArgumentException("a folded header line")));
                }
                folded = false;
            }
            if (decoded instanceof LastHttpContent) {
                inHead = true;
            }
        }
    }

    /** Whether a line within these bytes, or the one that they continue, begins with white space. */
    private boolean folds(ByteBuf in, int from, int to) {
        int at = from;
        while (at < to) {
            if (afterLineFeed && (in.getByte(at) == HttpConstants.SP || in.getByte(at) == HttpConstants.HT)) {
                return true;
            }
            int feed = in.indexOf(at, to, HttpConstants.LF);
            afterLineFeed = feed >= 0;
            if (feed < 0) {
                return false;
            }
            at = feed + 1;
        }
        return false;
    }
}
