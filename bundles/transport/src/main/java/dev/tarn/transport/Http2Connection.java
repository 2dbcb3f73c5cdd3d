// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One HTTP/2 connection: its streams, and what they may take up together. Netty's codec bounds resets, empty frames,
 * CONTINUATION and control frames; here are bounds on answers that are not read and on bodies that are collected. Confined
 * to its loop.
 */
final class Http2Connection extends ChannelInboundHandlerAdapter implements HttpFraming.Serving {
    private static final Logger LOG = LoggerFactory.getLogger(Http2Connection.class);

    /** Streams at once; RFC 9113 §6.5.2 recommends no less than 100. */
    private static final int STREAMS = 100;

    /** Requests whose answer has not begun; further ones wait, if they have no body. */
    private static final int UNANSWERED = 32;

    /** Bytes of answers that wait for the peer; above, further requests wait. */
    private static final int PENDING = 1 << 20;

    /** Resets that a peer may send, and cause, in so many seconds (CVE-2023-44487, CVE-2025-8671). */
    private static final int RESETS = 200;

    private static final int RESETS_SECONDS = 30;

    /** Answers to pings and settings that a peer may leave unread (CVE-2019-9512, CVE-2019-9515). */
    private static final int CONTROL_FRAMES = 1_000;

    private final HttpFraming http;
    private final Set<Http2Stream> streams = new LinkedHashSet<>();
    private final Set<Http2Stream> unanswered = new LinkedHashSet<>();
    private final Queue<Waiting> waiting = new ArrayDeque<>();
    private @Nullable ChannelHandlerContext context;
    private @Nullable Connection connection;
    private @Nullable Reception reception;
    private @Nullable Deadline silence;
    private long pending;
    private long collected;
    private boolean admitting;
    private boolean closing;

    private record Waiting(Http2Stream stream, Exchange exchange) {}

    private Http2Connection(HttpFraming http) {
        super();
        this.http = http;
    }

    /** Makes the pipeline of a connection that speaks HTTP/2 from its first byte on. */
    static void open(HttpFraming http, ChannelPipeline pipeline) {
        Http2Connection connection = new Http2Connection(http);
        HttpFraming.Limits limits = http.limits();
        Http2Settings settings = Http2Settings.defaultSettings()
                .maxConcurrentStreams(STREAMS)
                .maxHeaderListSize(limits.decoder().getMaxInitialLineLength()
                        + (long) limits.decoder().getMaxHeaderSize());
        Http2FrameCodec codec = Http2FrameCodecBuilder.forServer()
                .initialSettings(settings)
                .validateHeaders(true)
                .gracefulShutdownTimeoutMillis(0)
                .decoderEnforceMaxConsecutiveEmptyDataFrames(2)
                .decoderEnforceMaxRstFramesPerWindow(RESETS, RESETS_SECONDS)
                .encoderEnforceMaxRstFramesPerWindow(RESETS, RESETS_SECONDS)
                .encoderEnforceMaxQueuedControlFrames(CONTROL_FRAMES)
                .build();
        ChannelInitializer<Channel> begins = new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel stream) {
                stream.config().setAutoRead(false);
                stream.config().setWriteBufferWaterMark(new WriteBufferWaterMark(16 << 10, 32 << 10));
                stream.pipeline().addLast(new Http2Stream(connection));
            }
        };
        pipeline.addLast(codec, new Http2MultiplexHandler(begins), connection);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        Connection peer = Connection.of(ctx.channel());
        connection = peer;
        reception = new Reception(http, peer, ctx.channel());
        silence = new Deadline(ctx.channel().eventLoop(), this::silent);
        silence.in(http.limits().headTimeout());
        ctx.channel().attr(KEY).set(this);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        // Settings, pings and the like: the codec has answered them.
        ReferenceCountUtil.release(message);
    }

    // Streams

    void opened(Http2Stream stream) {
        streams.add(stream);
        Objects.requireNonNull(silence).clear();
    }

    void closed(Http2Stream stream) {
        streams.remove(stream);
        answering(stream);
        if (!streams.isEmpty()) {
            return;
        } else if (closing) {
            context().close();
        } else {
            Objects.requireNonNull(silence).in(http.limits().idleTimeout());
        }
    }

    /** Takes a request, now or when there is room for its answer. */
    void receive(Http2Stream stream, Exchange begun, boolean bodyless) {
        if (bodyless && !room()) {
            waiting.add(new Waiting(stream, begun));
        } else {
            unanswered.add(stream);
            Objects.requireNonNull(reception).receive(begun);
        }
    }

    private boolean room() {
        return unanswered.size() < UNANSWERED && pending < PENDING;
    }

    /** A stream's answer has begun, or never will. */
    void answering(Http2Stream stream) {
        unanswered.remove(stream);
        admit();
    }

    /** So many bytes more wait to be read by the peer. */
    void pending(int bytes) {
        pending += bytes;
        if (bytes < 0) {
            admit();
        }
    }

    private void admit() {
        if (admitting) {
            return;
        }
        admitting = true;
        while (!waiting.isEmpty() && room()) {
            Waiting next = waiting.remove();
            if (!next.exchange().over()) {
                unanswered.add(next.stream());
                Objects.requireNonNull(reception).receive(next.exchange());
            }
        }
        admitting = false;
    }

    /** So many bytes of bodies more are held; false when that is more than two of the largest that are allowed. */
    boolean collect(long bytes) {
        collected += bytes;
        return collected <= 2L * http.limits().body();
    }

    // How it ends

    private void silent() {
        if (streams.isEmpty()) {
            goAway();
            context().close();
        }
    }

    private void goAway() {
        closing = true;
        context().writeAndFlush(new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR));
    }

    @Override
    public void leave(HttpProtocol protocol, String reason, CompletableFuture<Void> ended) {
        List<CompletableFuture<Void>> running = new ArrayList<>();
        for (Http2Stream stream : List.copyOf(streams)) {
            CompletableFuture<Void> one = new CompletableFuture<>();
            if (stream.askToEnd(protocol, reason, () -> one.complete(null))) {
                running.add(one);
            }
        }
        CompletableFuture.allOf(running.toArray(CompletableFuture[]::new))
                .whenComplete((all, failure) -> ended.complete(null));
    }

    @Override
    public void cut(HttpProtocol protocol) {
        List.copyOf(streams).forEach(stream -> stream.cut(protocol));
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof Closing asked) {
            goAway();
            if (!streams.isEmpty()) {
                asked.hold();
                List.copyOf(streams).forEach(stream -> stream.askToEnd(null, asked.reason(), () -> {}));
            }
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        Objects.requireNonNull(silence).cancel();
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof IOException) {
            LOG.debug(
                    "connection broken connection={} reason=\"{}\"",
                    connection().id(),
                    cause.getMessage());
        } else if (cause instanceof Http2Exception) {
            // The codec says GOAWAY with what was wrong, and closes.
            complain(Printable.of(String.valueOf(cause.getMessage())));
            return;
        } else {
            LOG.error("closing connection={} after a bug", connection().id(), cause);
        }
        ctx.close();
    }

    void complain(String reason) {
        Objects.requireNonNull(reception).complain(reason);
    }

    HttpFraming http() {
        return http;
    }

    Connection connection() {
        return Objects.requireNonNull(connection);
    }

    private ChannelHandlerContext context() {
        return Objects.requireNonNull(context);
    }
}
