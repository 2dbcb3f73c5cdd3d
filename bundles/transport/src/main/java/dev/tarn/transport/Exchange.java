// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.Context;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One request and its answer, whatever carries it. Confined to the loop. */
final class Exchange implements HttpExchange {
    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);
    private static final String EXPOSED =
            "ETag, Location, Last-Modified, Content-Range, Retry-After, Link, Preference-Applied";

    private final Carrier owner;
    private final HttpRequest head;
    private final RequestBody body;
    private final boolean toHead;
    private @Nullable Target target;
    private @Nullable String path;
    private @Nullable String allowedOrigin;
    private Roster.@Nullable Installed given;
    private @Nullable Context context;
    private @Nullable Streaming streaming;
    private @Nullable Runnable onEnd;
    private boolean begun;
    private boolean close;
    private boolean gone;

    Exchange(Carrier owner, HttpRequest head, boolean hasBody) {
        this.owner = owner;
        this.head = head;
        this.toHead = head.method().equals(HttpMethod.HEAD);
        long declared =
                !hasBody ? 0 : HttpUtil.isTransferEncodingChunked(head) ? -1 : HttpUtil.getContentLength(head, -1L);
        this.body = new RequestBody(owner, declared, hasBody && HttpUtil.is100ContinueExpected(head));
    }

    // Admission

    /**
     * Checks what must be right about a request before anybody looks at it.
     *
     * @return false when it is answered already
     * @throws Failure to refuse it
     */
    boolean admit() {
        Admission admission = new Admission(owner, head);
        HttpResponse refusal = admission.framing();
        if (refusal != null) {
            close = true;
            owner.complain(String.valueOf(refusal.status()));
            respond((FullHttpResponse) refusal);
            return false;
        }
        Target parsed = Target.parse(head.uri(), head.method());
        target = parsed;
        FullHttpResponse answer = admission.origin(parsed);
        allowedOrigin = admission.allowedOrigin();
        if (answer != null) {
            if (answer.status().code() >= 400) {
                owner.complain(String.valueOf(answer.status()));
            }
            respond(answer);
            return false;
        }
        return true;
    }

    /** It is this protocol's now. */
    void given(Roster.Installed to, Context asking) {
        given = to;
        context = asking;
    }

    boolean givenTo(HttpProtocol protocol) {
        return given != null && given.protocol() == protocol;
    }

    // The request

    @Override
    public HttpRequest head() {
        return head;
    }

    @Override
    public String path() {
        if (path == null) {
            path = target().path();
        }
        return path;
    }

    @Override
    public List<String> segments() {
        return target().segments();
    }

    @Override
    public String query() {
        return target().query();
    }

    @Override
    public Map<String, List<String>> parameters() {
        return target().parameters();
    }

    private Target target() {
        return Objects.requireNonNull(target);
    }

    @Override
    public Context context() {
        return Objects.requireNonNull(context);
    }

    @Override
    public Connection connection() {
        return owner.connection();
    }

    @Override
    public Traffic traffic() {
        return given == null ? owner.http().traffic() : given.traffic();
    }

    @Override
    public EventLoop loop() {
        return owner.channel().eventLoop();
    }

    @Override
    public CompletionStage<byte[]> body(int limit) {
        return body.read(limit);
    }

    @Override
    public CompletionStage<Void> body(long limit, Function<ByteBuf, CompletionStage<Void>> take) {
        return body.read(limit, take);
    }

    RequestBody body() {
        return body;
    }

    // The answer

    @Override
    public void respond(FullHttpResponse response) {
        if (!begin()) {
            response.release();
            return;
        }
        if (toHead && response.headers().contains(HttpHeaderNames.CONTENT_LENGTH)) {
            Head.date(response.headers());
        } else {
            Head.complete(response, response.content().readableBytes());
        }
        finish(response);
        owner.write(response, toHead);
        end();
    }

    /** False when there is nobody to answer any more. */
    private boolean begin() {
        if (!loop().inEventLoop()) {
            throw new IllegalStateException("an exchange is answered on its loop");
        } else if (begun) {
            throw new IllegalStateException("an exchange is answered once");
        }
        begun = !gone;
        return begun;
    }

    /** Decides about the connection (RFC 9112 §9.3) and adds what a page of another origin needs to see. */
    private void finish(HttpResponse response) {
        HttpHeaders headers = response.headers();
        close |= owner.closing()
                || !HttpUtil.isKeepAlive(head)
                || !body.canPassOver()
                || headers.containsValue(HttpHeaderNames.CONNECTION, "close", true);
        if (close) {
            headers.set(HttpHeaderNames.CONNECTION, "close");
        } else if (head.protocolVersion().equals(HttpVersion.HTTP_1_0)) {
            headers.set(HttpHeaderNames.CONNECTION, "keep-alive");
        }
        if (allowedOrigin != null) {
            headers.set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, allowedOrigin)
                    .set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_CREDENTIALS, "true")
                    .set(HttpHeaderNames.ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED)
                    .add(HttpHeaderNames.VARY, "Origin");
        }
        if (given != null) {
            given.traffic().out.increment();
        }
    }

    private void end() {
        ended();
        if (body.complete() || close) {
            owner.answered(this, close);
        } else {
            body.passOver(() -> owner.answered(this, false));
        }
    }

    private void ended() {
        Runnable told = onEnd;
        onEnd = null;
        if (told != null) {
            told.run();
        }
    }

    @Override
    public void fail(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (!(cause instanceof Failure)) {
            LOG.error("request failed connection={} path={}", connection().id(), Printable.of(head.uri()), cause);
            close = true;
        }
        if (gone) {
            return;
        }
        traffic().refused.increment();
        if (streaming != null) {
            streaming.abort();
        } else if (body.timedOut()) {
            respond(Problem.answer(HttpResponseStatus.REQUEST_TIMEOUT, "the request body came too slowly", List.of()));
        } else if (cause instanceof Failure refusal) {
            respond(Problem.answer(refusal));
        } else {
            String detail = "a fault of the server; its log says more at connection="
                    + connection().id();
            respond(Problem.answer(HttpResponseStatus.INTERNAL_SERVER_ERROR, detail, List.of()));
        }
    }

    @Override
    public HttpStream stream(HttpResponse answer) {
        boolean open = begin();
        Streaming stream = new Streaming(owner, toHead, this::streamed, this::stay);
        streaming = stream;
        if (!open) {
            stream.peerGone();
            return stream;
        }
        Head.date(answer.headers());
        boolean measured = answer.headers().contains(HttpHeaderNames.CONTENT_LENGTH);
        if (!measured && head.protocolVersion().equals(HttpVersion.HTTP_1_0)) {
            // RFC 9112 §6.3: the end of the connection is the end of the answer.
            close = true;
        } else if (!measured) {
            HttpUtil.setTransferEncodingChunked(answer, true);
        }
        finish(answer);
        owner.write(answer, toHead);
        owner.flush();
        return stream;
    }

    /** Lets an answer that has no end go on for as long as whoever asked may stay. */
    private Stay stay() {
        return Stay.of(
                loop(), owner.http().users(), context().user(), cause -> askToEnd("who asked may not stay: " + cause));
    }

    private void streamed() {
        streaming = null;
        end();
    }

    @Override
    public Upgrade upgrade() {
        begin();
        Roster.Installed by = Objects.requireNonNull(given);
        FullHttpRequest request = new DefaultFullHttpRequest(
                head.protocolVersion(),
                head.method(),
                head.uri(),
                Unpooled.EMPTY_BUFFER,
                head.headers(),
                EmptyHttpHeaders.INSTANCE);
        ended();
        ChannelPipeline pipeline = owner.upgrade(by);
        Stay.begin(pipeline.channel(), owner.http().users(), context().user());
        return new Upgrade(request, pipeline);
    }

    /** An answer without a body, for a preflight. */
    static FullHttpResponse empty(HttpResponseStatus status) {
        return new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.EMPTY_BUFFER);
    }

    // What the connection tells

    void writable() {
        if (streaming != null) {
            streaming.becameWritable();
        }
    }

    /** The server wants this exchange to be over. */
    void askToEnd(String reason) {
        if (streaming != null) {
            LOG.debug(
                    "asking a stream to end connection={} reason=\"{}\"",
                    connection().id(),
                    reason);
            streaming.askToEnd();
        }
    }

    /** Called when the answer has ended or the peer is gone. */
    void onEnd(Runnable told) {
        onEnd = told;
    }

    void peerGone() {
        gone = true;
        body.fail(new Failure(Failure.Code.MALFORMED, "the connection ended before the request body did"));
        if (streaming != null) {
            streaming.peerGone();
        }
        ended();
    }

    /** Whether nobody waits for an answer any more: it has been given, or the peer is gone. */
    boolean over() {
        return gone || begun;
    }
}
