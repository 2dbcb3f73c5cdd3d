// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.api.data.Failure;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One HTTP/1.1 connection: takes requests one at a time, in order, and closes politely. Pipelined requests wait undecoded
 * while one is being answered, so a connection never holds more than one. Confined to its loop.
 */
final class HttpConnection extends ChannelInboundHandlerAdapter implements Carrier, HttpFraming.Serving {
    private static final Logger LOG = LoggerFactory.getLogger(HttpConnection.class);

    /** How long, and for how many bytes, a closing connection listens so that the peer can read the last answer. */
    private static final Duration LINGER = Duration.ofSeconds(2);

    private final HttpFraming http;
    private final RequestDecoder decoder;
    private final ResponseEncoder encoder;
    private @Nullable ChannelHandlerContext context;
    private @Nullable ChannelHandlerContext decoderContext;
    private @Nullable Connection connection;
    private @Nullable Deadline silence;
    private @Nullable Unread unread;
    private @Nullable Reception reception;
    private @Nullable HttpRequest bodyless;
    private @Nullable Exchange exchange;
    private boolean closing;
    private boolean lingering;
    private boolean headTimed;

    HttpConnection(HttpFraming http, RequestDecoder decoder, ResponseEncoder encoder) {
        super();
        this.http = http;
        this.decoder = decoder;
        this.encoder = encoder;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        decoderContext = ctx.pipeline().context(decoder);
        Connection peer = Connection.of(ctx.channel());
        connection = peer;
        reception = new Reception(http, peer, ctx.channel());
        silence = new Deadline(ctx.channel().eventLoop(), this::silent);
        Channel channel = ctx.channel();
        unread = new Unread(
                channel.eventLoop(),
                http.limits().writeTimeout(),
                () -> channel.isWritable() ? 0 : Math.max(1, channel.bytesBeforeWritable()),
                this::stalled);
        silence.in(http.limits().headTimeout());
        channel.attr(KEY).set(this);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        ctx.channel().attr(KEY).set(null);
        silence().cancel();
        Objects.requireNonNull(unread).cancel();
    }

    // What arrives

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            if (lingering) {
                return;
            }
            if (message instanceof HttpRequest head) {
                head(head);
            } else if (message instanceof HttpContent content) {
                content(content);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void head(HttpRequest head) {
        if (head.decoderResult().isFailure()) {
            unreadable(head.decoderResult());
        } else if (HttpUtil.isTransferEncodingChunked(head) || HttpUtil.getContentLength(head, 0L) > 0) {
            begin(head, true);
        } else {
            bodyless = head;
        }
    }

    private void content(HttpContent content) {
        boolean last = content instanceof LastHttpContent;
        HttpRequest head = bodyless;
        if (head != null) {
            bodyless = null;
            begin(head, false);
        } else if (exchange != null) {
            if (content.decoderResult().isFailure()) {
                exchange.body()
                        .fail(new Failure(
                                Failure.Code.MALFORMED,
                                "the request body cannot be read: " + reason(content.decoderResult())));
            } else {
                exchange.body().add(content.content(), last);
            }
        }
    }

    private void unreadable(DecoderResult result) {
        Throwable cause = result.cause();
        HttpResponseStatus status = HttpResponseStatus.BAD_REQUEST;
        if (cause instanceof TooLongHttpLineException) {
            status = HttpResponseStatus.REQUEST_URI_TOO_LONG;
        } else if (cause instanceof TooLongHttpHeaderException) {
            status = HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE;
        }
        refuse(status, "the request cannot be read: " + reason(result));
    }

    private static String reason(DecoderResult result) {
        return Printable.of(String.valueOf(result.cause().getMessage()));
    }

    /** Answers a request that has no exchange, and closes. */
    private void refuse(HttpResponseStatus status, String detail) {
        complain(status.code() + " " + detail);
        if (exchange != null) {
            // An answer is under way; all that can be done is to end after it.
            closing = true;
            return;
        }
        FullHttpResponse response = Problem.answer(status, detail, List.of());
        response.headers().set(HttpHeaderNames.CONNECTION, "close");
        Head.complete(response, response.content().readableBytes());
        write(response, false);
        linger();
    }

    @Override
    public void complain(String reason) {
        Objects.requireNonNull(reception).complain(reason);
    }

    private void begin(HttpRequest head, boolean hasBody) {
        decoder.pause();
        silence().clear();
        Exchange begun = new Exchange(this, head, hasBody);
        exchange = begun;
        Objects.requireNonNull(reception).receive(begun);
    }

    // What leaves

    @Override
    public void write(HttpResponse response, boolean toHead) {
        encoder.toHead(toHead);
        context().write(response);
        encoder.toHead(false);
    }

    @Override
    public void write(ByteBuf part) {
        context().write(part);
    }

    @Override
    public void flush() {
        context().flush();
    }

    @Override
    public boolean writable() {
        return channel().isWritable();
    }

    @Override
    public void end() {
        context().write(LastHttpContent.EMPTY_LAST_CONTENT);
    }

    @Override
    public void abort() {
        context().close();
    }

    /** On to the next request, or to the end. */
    @Override
    public void answered(Exchange done, boolean close) {
        if (exchange != done) {
            return;
        }
        exchange = null;
        if (!decoder.decoding()) {
            context().flush();
        }
        if (close || closing) {
            context().flush();
            linger();
            return;
        }
        silence().in(http.limits().idleTimeout());
        if (context().channel().isWritable()) {
            decoder.resume(decoderContext());
        }
    }

    @Override
    public void readBody() {
        silence().in(http.limits().bodyTimeout());
        decoder.resume(decoderContext());
    }

    /** Each KB buys a second. */
    @Override
    public void bodyProgress(int bytes, boolean kept) {
        silence().later(Duration.ofNanos(TimeUnit.SECONDS.toNanos(bytes) >> 10));
    }

    @Override
    public void holdBody() {
        silence().clear();
        decoder.pause();
    }

    @Override
    public void sendContinue() {
        context()
                .writeAndFlush(new DefaultFullHttpResponse(
                        HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
    }

    @Override
    public ChannelPipeline upgrade(Roster.Installed by) {
        ChannelPipeline pipeline = context().pipeline();
        exchange = null;
        http.upgraded(channel(), by);
        channel().config().setAutoRead(true);
        pipeline.remove(this);
        return pipeline;
    }

    private void linger() {
        if (lingering) {
            return;
        }
        lingering = true;
        silence().cancel();
        decoder.discard();
        context().channel().config().setAutoRead(true);
        context().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> {
            SslHandler tls = context().pipeline().get(SslHandler.class);
            if (tls != null) {
                // RFC 8446 §6.1: what was sent is whole only when close_notify follows.
                tls.closeOutbound();
            } else if (context().channel() instanceof DuplexChannel duplex && duplex.isActive()) {
                duplex.shutdownOutput();
            } else {
                context().close();
            }
        });
        silence().in(LINGER);
        decoder.resume(decoderContext());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        ctx.flush();
        if (exchange == null && !lingering && decoder.midHead() && !headTimed) {
            headTimed = true;
            silence().in(http.limits().headTimeout());
        } else if (!decoder.midHead()) {
            headTimed = false;
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        Unread watch = Objects.requireNonNull(unread);
        if (!ctx.channel().isWritable()) {
            watch.begin();
            return;
        }
        watch.clear();
        if (exchange != null) {
            exchange.writable();
        } else if (!lingering) {
            decoder.resume(decoderContext());
        }
    }

    // How it ends

    private void silent() {
        if (lingering || (exchange == null && !decoder.midHead())) {
            context().close();
        } else if (exchange == null) {
            refuse(HttpResponseStatus.REQUEST_TIMEOUT, "the request's head did not arrive in time");
        } else {
            exchange.body().late();
        }
    }

    private void stalled() {
        complain("the peer does not read its answer");
        context().close();
    }

    @Override
    public void leave(HttpProtocol protocol, String reason, CompletableFuture<Void> ended) {
        if (exchange == null || !exchange.givenTo(protocol)) {
            ended.complete(null);
            return;
        }
        closing = true;
        exchange.onEnd(() -> ended.complete(null));
        exchange.askToEnd(reason);
    }

    @Override
    public void cut(HttpProtocol protocol) {
        if (exchange != null && exchange.givenTo(protocol)) {
            context().close();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof Closing asked) {
            closing = true;
            if (exchange != null) {
                asked.hold();
                exchange.askToEnd(asked.reason());
            } else if (lingering) {
                asked.hold();
            }
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        silence().cancel();
        Objects.requireNonNull(unread).cancel();
        if (exchange != null) {
            Exchange cut = exchange;
            exchange = null;
            cut.peerGone();
        }
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof IOException) {
            LOG.debug(
                    "connection broken connection={} reason=\"{}\"",
                    connection().id(),
                    cause.getMessage());
        } else {
            LOG.error("closing connection={} after a bug", connection().id(), cause);
        }
        ctx.close();
    }

    @Override
    public boolean stream() {
        return false;
    }

    @Override
    public boolean closing() {
        return closing;
    }

    @Override
    public HttpFraming http() {
        return http;
    }

    @Override
    public Channel channel() {
        return context().channel();
    }

    private ChannelHandlerContext context() {
        return Objects.requireNonNull(context);
    }

    private ChannelHandlerContext decoderContext() {
        return Objects.requireNonNull(decoderContext);
    }

    @Override
    public Connection connection() {
        return Objects.requireNonNull(connection);
    }

    private Deadline silence() {
        return Objects.requireNonNull(silence);
    }
}
