// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.api.data.Failure;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One stream of an HTTP/2 connection: a request and its answer (RFC 9113 §8.1). Its body is read as far as somebody asks
 * for it; what is unread stays within the stream's window. Confined to the connection's loop.
 */
final class Http2Stream extends ChannelInboundHandlerAdapter implements Carrier {
    private static final Logger LOG = LoggerFactory.getLogger(Http2Stream.class);

    private final Http2Connection owner;
    private @Nullable ChannelHandlerContext context;
    private @Nullable Deadline bodyTime;
    private @Nullable Unread unread;
    private @Nullable Exchange exchange;
    private @Nullable ChannelFuture lastWrite;
    private boolean begun;
    private boolean requestEnded;
    private boolean answerEnded;
    private long collected;
    private long pending;

    Http2Stream(Http2Connection owner) {
        super();
        this.owner = owner;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        bodyTime = new Deadline(ctx.channel().eventLoop(), this::late);
        unread = new Unread(
                ctx.channel().eventLoop(), owner.http().limits().writeTimeout(), () -> pending, this::stalled);
        owner.opened(this);
    }

    // What arrives

    /** Asks for the head; the body comes when it is wanted. */
    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        ctx.read();
        ctx.fireChannelActive();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            if (message instanceof Http2HeadersFrame fields) {
                if (begun) {
                    part(Unpooled.EMPTY_BUFFER, fields.isEndStream());
                } else {
                    begun = true;
                    requestEnded = fields.isEndStream();
                    begin(Http2Fields.request(fields.headers()));
                }
            } else if (message instanceof Http2DataFrame data) {
                part(data.content(), data.isEndStream());
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void begin(@Nullable HttpRequest head) {
        if (head == null) {
            owner.complain("a malformed request");
            reset(Http2Error.PROTOCOL_ERROR);
            return;
        }
        Exchange begins = new Exchange(this, head, !requestEnded);
        exchange = begins;
        owner.receive(this, begins, requestEnded);
    }

    private void part(ByteBuf content, boolean last) {
        requestEnded |= last;
        // What comes while nobody reads is the rest of a stream that was reset.
        if (exchange != null && channel().config().isAutoRead()) {
            exchange.body().add(content, last);
        }
    }

    @Override
    public void readBody() {
        deadline().in(owner.http().limits().bodyTimeout());
        channel().config().setAutoRead(true);
    }

    /** Each KB buys a second, as long as the bodies of the connection's streams together are not too many. */
    @Override
    public void bodyProgress(int bytes, boolean kept) {
        deadline().later(Duration.ofNanos(TimeUnit.SECONDS.toNanos(bytes) >> 10));
        if (!kept) {
            return;
        }
        collected += bytes;
        if (!owner.collect(bytes) && exchange != null) {
            exchange.body()
                    .fail(new Failure(
                            Failure.Code.BUSY,
                            "this connection sends too many large bodies at once; send it again later"));
        }
    }

    @Override
    public void holdBody() {
        deadline().clear();
        channel().config().setAutoRead(false);
        owner.collect(-collected);
        collected = 0;
    }

    private void late() {
        if (exchange != null) {
            exchange.body().late();
        }
    }

    // What leaves

    @Override
    public void sendContinue() {
        context().writeAndFlush(new DefaultHttp2HeadersFrame(new DefaultHttp2Headers(false).status("100")));
    }

    @Override
    public void write(HttpResponse response, boolean toHead) {
        boolean whole = response instanceof FullHttpResponse;
        ByteBuf content = whole ? ((FullHttpResponse) response).content() : Unpooled.EMPTY_BUFFER;
        boolean only = whole && (toHead || !content.isReadable());
        answerEnded |= whole;
        lastWrite = context().write(new DefaultHttp2HeadersFrame(Http2Fields.of(response), only));
        if (only) {
            content.release();
        } else if (whole) {
            data(content, true);
        }
        owner.answering(this);
    }

    @Override
    public void write(ByteBuf part) {
        data(part, false);
    }

    private void data(ByteBuf content, boolean last) {
        int size = content.readableBytes();
        pending += size;
        owner.pending(size);
        Objects.requireNonNull(unread).begin();
        ChannelFuture write = context().write(new DefaultHttp2DataFrame(content, last));
        lastWrite = write;
        write.addListener(written -> {
            pending -= size;
            owner.pending(-size);
            if (pending == 0) {
                Objects.requireNonNull(unread).clear();
            }
        });
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
        answerEnded = true;
        lastWrite = context().write(new DefaultHttp2DataFrame(true));
    }

    @Override
    public void abort() {
        reset(answerEnded ? Http2Error.NO_ERROR : Http2Error.INTERNAL_ERROR);
    }

    @Override
    public void answered(Exchange done, boolean close) {
        if (exchange != done) {
            return;
        }
        exchange = null;
        deadline().clear();
        flush();
        ChannelFuture last = lastWrite;
        if (!requestEnded && last != null) {
            // RFC 9113 §8.1: the rest of the request is not wanted; nothing was wrong with it.
            last.addListener(written -> {
                if (!requestEnded) {
                    reset(Http2Error.NO_ERROR);
                }
            });
        }
    }

    private void reset(Http2Error error) {
        if (channel().isActive()) {
            context().writeAndFlush(new DefaultHttp2ResetFrame(error));
            context().close();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (ctx.channel().isWritable() && exchange != null) {
            exchange.writable();
        }
    }

    // How it ends

    private void stalled() {
        complain("the peer does not read its answer");
        reset(Http2Error.ENHANCE_YOUR_CALM);
    }

    /** Asks what runs here to end soon, if it is this protocol's, or whosever it is. */
    boolean askToEnd(@Nullable HttpProtocol protocol, String reason, Runnable ended) {
        Exchange running = exchange;
        if (running == null || (protocol != null && !running.givenTo(protocol))) {
            return false;
        }
        running.onEnd(ended);
        running.askToEnd(reason);
        return true;
    }

    /** Ends what runs here of this protocol. */
    void cut(HttpProtocol protocol) {
        if (exchange != null && exchange.givenTo(protocol)) {
            abort();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof Http2ResetFrame) {
            gone();
            ctx.close();
        }
        ctx.fireUserEventTriggered(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        gone();
        deadline().cancel();
        Objects.requireNonNull(unread).cancel();
        owner.closed(this);
        ctx.fireChannelInactive();
    }

    private void gone() {
        Exchange cut = exchange;
        exchange = null;
        if (cut != null) {
            cut.peerGone();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause instanceof Http2Exception wrong) {
            complain(String.valueOf(wrong.error()));
            // RFC 9113 §5.1: whatever comes behind the end of a request is of a stream that is closed.
            boolean late = requestEnded && wrong.error() == Http2Error.PROTOCOL_ERROR;
            reset(late ? Http2Error.STREAM_CLOSED : wrong.error());
        } else {
            LOG.error("ending a stream after a bug connection={}", connection().id(), cause);
            reset(Http2Error.INTERNAL_ERROR);
        }
    }

    @Override
    public ChannelPipeline upgrade(Roster.Installed by) {
        throw new IllegalStateException("a stream of HTTP/2 is not upgraded");
    }

    @Override
    public HttpFraming http() {
        return owner.http();
    }

    @Override
    public Connection connection() {
        return owner.connection();
    }

    @Override
    public Channel channel() {
        return context().channel();
    }

    @Override
    public boolean stream() {
        return true;
    }

    @Override
    public boolean closing() {
        return false;
    }

    @Override
    public void complain(String reason) {
        owner.complain(reason);
    }

    private ChannelHandlerContext context() {
        return Objects.requireNonNull(context);
    }

    private Deadline deadline() {
        return Objects.requireNonNull(bodyTime);
    }
}
