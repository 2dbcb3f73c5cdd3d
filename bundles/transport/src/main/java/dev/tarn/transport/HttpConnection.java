// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.api.data.Failure;
import dev.tarn.api.security.User;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
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
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One HTTP/1.1 connection: takes requests one at a time, in order, and closes politely. Pipelined requests wait undecoded
 * while one is being answered, so a connection never holds more than one. Confined to its loop.
 */
final class HttpConnection extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(HttpConnection.class);

    /** How long, and for how many bytes, a closing connection listens so that the peer can read the last answer. */
    private static final Duration LINGER = Duration.ofSeconds(2);

    private static final Duration ABSENCE = Duration.ofSeconds(1);
    private static final long LOOK_AGAIN_MILLIS = 20;

    /** Asks for what is answered whoever asks. */
    private static final User NOBODY = new User("nobody", Set.of(), false);

    private final HttpFraming http;
    private final RequestDecoder decoder;
    private final ResponseEncoder encoder;
    private @Nullable ChannelHandlerContext context;
    private @Nullable ChannelHandlerContext decoderContext;
    private @Nullable Connection connection;
    private @Nullable Deadline silence;
    private @Nullable Deadline stall;
    private long unread;
    private @Nullable Caller caller;
    private @Nullable HttpRequest bodyless;
    private @Nullable Exchange exchange;
    private boolean closing;
    private boolean lingering;
    private boolean complained;
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
        connection = Connection.of(ctx.channel());
        silence = new Deadline(ctx.channel().eventLoop(), this::silent);
        stall = new Deadline(ctx.channel().eventLoop(), this::stalled);
        silence.in(http.limits().headTimeout());
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        silence().cancel();
        Objects.requireNonNull(stall).cancel();
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

    /** Says once per connection why something was refused, and counts each. */
    void complain(String reason) {
        http.traffic().refused.increment();
        if (!complained) {
            complained = true;
            LOG.debug(
                    "request refused connection={} remote={} reason=\"{}\"",
                    connection().id(),
                    connection().remote(),
                    reason);
        }
    }

    private void begin(HttpRequest head, boolean hasBody) {
        decoder.pause();
        silence().clear();
        Exchange begun = new Exchange(this, head, hasBody);
        exchange = begun;
        http.traffic().in.increment();
        try {
            if (begun.admit()) {
                identify(begun);
            }
        } catch (Failure refused) {
            complain(refused.reason());
            begun.fail(refused);
        }
    }

    // Who asks

    private void identify(Exchange asking) {
        HttpFraming.Installed candidate = candidate(asking.head());
        if (candidate != null && anonymous(candidate.protocol(), asking.head())) {
            dispatch(asking, new Caller(new byte[0], NOBODY, new HashMap<>(2)), candidate);
            return;
        }
        List<String> headers = asking.head().headers().getAll(HttpHeaderNames.AUTHORIZATION);
        if (headers.size() > 1) {
            throw new Failure(Failure.Code.MALFORMED, "more than one Authorization header");
        }
        String header = headers.isEmpty() ? "" : headers.get(0);
        byte[] bytes = header.getBytes(StandardCharsets.UTF_8);
        if (caller != null && caller.is(bytes)) {
            dispatch(asking, caller, candidate);
            return;
        }
        CompletableFuture<User> found = http.users()
                .authenticate(Caller.credentials(header), connection().remote())
                .toCompletableFuture();
        found.whenComplete((user, failure) -> onLoop(() -> identified(asking, bytes, user, failure)));
    }

    private void identified(Exchange asking, byte[] header, @Nullable User user, @Nullable Throwable failure) {
        if (exchange != asking || asking.gone()) {
            return;
        }
        if (failure != null || user == null) {
            Throwable why = failure == null ? new IllegalStateException("no user and no failure") : failure;
            complain("not authenticated");
            asking.fail(why);
            return;
        }
        Caller known = new Caller(header, user, caller == null ? new HashMap<>(2) : caller.contexts(user));
        caller = known;
        dispatch(asking, known, candidate(asking.head()));
    }

    private void dispatch(Exchange asking, Caller who, HttpFraming.@Nullable Installed candidate) {
        dispatch(asking, who, candidate, System.nanoTime() + ABSENCE.toNanos());
    }

    /** Looks again until then when nobody takes it: its protocol may be away while it is updated. */
    private void dispatch(Exchange asking, Caller who, HttpFraming.@Nullable Installed candidate, long until) {
        if (candidate != null) {
            candidate.traffic().in.increment();
            candidate.traffic().attach(context().channel());
            asking.given(
                    candidate,
                    who.context(http.resources(), candidate.protocol().name(), connection()));
            open(candidate.protocol(), asking);
        } else if (until - System.nanoTime() < 0) {
            asking.fail(new Failure(
                    Failure.Code.UNAVAILABLE, "no protocol that answers such requests is installed at the moment"));
        } else {
            Runnable again = () -> {
                if (exchange == asking && !asking.gone()) {
                    dispatch(asking, who, candidate(asking.head()), until);
                }
            };
            context().executor().schedule(again, LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /** The highest ranked protocol that accepts the request, or null. */
    private HttpFraming.@Nullable Installed candidate(HttpRequest head) {
        for (HttpFraming.Installed candidate : http.installed()) {
            if (accepts(candidate.protocol(), head)) {
                return candidate;
            }
        }
        return null;
    }

    private static boolean anonymous(HttpProtocol protocol, HttpRequest head) {
        try {
            return protocol.anonymous(head);
        } catch (RuntimeException bug) {
            LOG.error("anonymous failed protocol={}", protocol.name(), bug);
            return false;
        }
    }

    private static boolean accepts(HttpProtocol protocol, HttpRequest head) {
        try {
            return protocol.accepts(head);
        } catch (RuntimeException bug) {
            LOG.error("accepts failed protocol={}", protocol.name(), bug);
            return false;
        }
    }

    private static void open(HttpProtocol protocol, Exchange asking) {
        try {
            protocol.open(asking);
        } catch (RuntimeException thrown) {
            asking.fail(thrown);
        }
    }

    // What leaves

    /** Queues an answer, or the head of one. */
    void write(HttpResponse response, boolean toHead) {
        encoder.toHead(toHead);
        context().write(response);
        encoder.toHead(false);
    }

    /** An answer, or its last part, has been written: on to the next request, or to the end. */
    void answered(Exchange done, boolean close) {
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

    /** Lets the decoder go on with the body of the running request, and its time begin. */
    void readBody() {
        silence().in(http.limits().bodyTimeout());
        decoder.resume(decoderContext());
    }

    /** So many bytes of the body have arrived: each KB buys a second. */
    void bodyProgress(int bytes) {
        silence().later(Duration.ofNanos(TimeUnit.SECONDS.toNanos(bytes) >> 10));
    }

    /** Nothing more of the body is wanted now. */
    void holdBody() {
        silence().clear();
        decoder.pause();
    }

    void sendContinue() {
        context()
                .writeAndFlush(new DefaultFullHttpResponse(
                        HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
    }

    /** Leaves the pipeline to whoever upgrades; HTTP's codec stays for the handshake. */
    void upgrade(HttpFraming.Installed by) {
        exchange = null;
        http.upgraded(context().channel(), by);
        context().channel().config().setAutoRead(true);
        context().pipeline().remove(this);
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
        Deadline watch = Objects.requireNonNull(stall);
        if (!ctx.channel().isWritable()) {
            unread = ctx.channel().bytesBeforeWritable();
            watch.in(http.limits().writeTimeout());
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
        long left = context().channel().bytesBeforeWritable();
        if (context().channel().isWritable()) {
            return;
        }
        if (unread - left < 1 << 10) {
            complain("the peer does not read its answer");
            context().close();
            return;
        }
        unread = left;
        Objects.requireNonNull(stall).in(http.limits().writeTimeout());
    }

    /** A protocol is being removed: completes the future once nothing of it runs here. */
    void leave(HttpProtocol protocol, String reason, CompletableFuture<Void> ended) {
        if (exchange == null || !exchange.givenTo(protocol)) {
            ended.complete(null);
            return;
        }
        closing = true;
        exchange.onEnd(() -> ended.complete(null));
        exchange.askToEnd(reason);
    }

    /** Closes the connection if the protocol's request is still running. */
    void cut(HttpProtocol protocol) {
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
        Objects.requireNonNull(stall).cancel();
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

    private void onLoop(Runnable task) {
        if (context().executor().inEventLoop()) {
            task.run();
        } else {
            context().executor().execute(task);
        }
    }

    boolean closing() {
        return closing;
    }

    HttpFraming http() {
        return http;
    }

    ChannelHandlerContext context() {
        return Objects.requireNonNull(context);
    }

    private ChannelHandlerContext decoderContext() {
        return Objects.requireNonNull(decoderContext);
    }

    Connection connection() {
        return Objects.requireNonNull(connection);
    }

    private Deadline silence() {
        return Objects.requireNonNull(silence);
    }
}
