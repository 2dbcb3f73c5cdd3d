// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.codec.Codec;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.transport.Envelope.Format;
import dev.tarn.transport.Printable;
import dev.tarn.transport.Traffic;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client that watches and writes rows: puts its messages together, has them carried out and answers. Reads no further
 * while a window of requests is unanswered or the client does not take its answers. On the connection's loop.
 */
final class RowSocket extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(RowSocket.class);

    /**
     * How a socket behaves.
     *
     * @param window requests that are carried out at a time
     * @param longest bytes of a message
     */
    record Manner(Format format, boolean bare, int window, int longest) {}

    private final Manner manner;
    private final Bodies bodies;
    private final Requests requests;
    private final Function<ChannelHandlerContext, RowFeed> feeds;
    private final Brake brake;
    private final String connection;
    private final Assembly assembly;

    private @Nullable RowFeed feed;
    private int unanswered;

    /**
     * @param feeds makes what the client watches once there is a socket for it; may throw a refusal
     * @param decoder what is told to stop reading
     * @param connection what it is called in the log
     */
    RowSocket(
            Manner manner,
            Bodies bodies,
            Requests requests,
            Function<ChannelHandlerContext, RowFeed> feeds,
            FrameDecoder decoder,
            String connection) {
        this.manner = manner;
        this.assembly = new Assembly(manner.longest());
        this.bodies = bodies;
        this.requests = requests;
        this.feeds = feeds;
        this.brake = new Brake(decoder);
        this.connection = connection;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        if (!context.channel().isActive()) {
            return;
        }
        try {
            feed = feeds.apply(context);
            feed.request();
        } catch (Failure refused) {
            context.writeAndFlush(Closing.frame(refused));
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        if (feed != null) {
            feed.close();
        }
        assembly.release();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        handlerRemoved(context);
        context.fireChannelInactive();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) throws Exception {
        if (feed != null) {
            feed.request();
        }
        pace(context);
        context.fireChannelWritabilityChanged();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object read) {
        if (!(read instanceof WebSocketFrame frame)) {
            context.fireChannelRead(read);
            return;
        }
        byte[] bytes = assembly.add(context, frame);
        if (bytes != null) {
            Traffic.of(context.channel()).in.increment();
            message(context, bytes);
        }
    }

    private void message(ChannelHandlerContext context, byte[] bytes) {
        if (feed == null) {
            // Refused; the close frame is on its way.
            return;
        }
        if (!assembly.text() && !manner.bare() && manner.format() == Format.JSON) {
            context.writeAndFlush(Closing.frame(
                    Closing.UNSUPPORTED_DATA, "binary messages need subprotocol cbor or msgpack, or ?bare"));
            return;
        }
        Object decoded = null;
        try {
            if (manner.bare()) {
                await(context, null, requests.put(bareBody(bytes)));
                return;
            }
            decoded = decode(assembly.text() ? Bodies.JSON : manner.format().mediaType(), bytes);
            Request request = Request.of(decoded);
            switch (request.verb()) {
                case SUBSCRIBE -> admit(context, feed, request, Request.ref(decoded));
                case UNSUBSCRIBE -> unsubscribe(feed, request, Request.ref(decoded));
                default ->
                    await(context, Request.ref(decoded), requests.run(request), request.verb() == Request.Verb.GET);
            }
        } catch (Failure refused) {
            refuse(Request.ref(decoded), refused);
        }
    }

    private @Nullable Object decode(String mediaType, byte[] bytes) {
        Codec codec = bodies.codec(mediaType)
                .orElseThrow(() -> new Failure(Failure.Code.UNAVAILABLE, "no codec for " + mediaType));
        try {
            return codec.decode(bytes);
        } catch (IOException unreadable) {
            throw new Failure(Failure.Code.MALFORMED, String.valueOf(unreadable.getMessage()));
        }
    }

    /** The body that a bare message is: a value if it can be one, else text or bytes as they came. */
    private Body bareBody(byte[] bytes) {
        if (!assembly.text() && manner.format() == Format.JSON) {
            return bodies.opaque(Body.OPAQUE, bytes);
        }
        try {
            return bodies.of(
                    decode(assembly.text() ? Bodies.JSON : manner.format().mediaType(), bytes));
        } catch (Failure notOne) {
            if (!assembly.text()) {
                throw notOne;
            }
            return bodies.opaque("text/plain; charset=utf-8", bytes);
        }
    }

    /** Asks the application, where one has a say in it. */
    private void admit(ChannelHandlerContext context, RowFeed watched, Request request, @Nullable Object ref) {
        CompletableFuture<Void> asked =
                requests.admit(requests.place().filter(request)).toCompletableFuture();
        if (asked.isDone() && !asked.isCompletedExceptionally()) {
            subscribe(watched, request, ref);
            return;
        }
        unanswered++;
        pace(context);
        asked.whenComplete((allowed, failure) -> context.executor().execute(() -> {
            if (failure == null && !context.isRemoved() && context.channel().isActive()) {
                try {
                    subscribe(watched, request, ref);
                } catch (Failure refused) {
                    refuse(ref, refused);
                }
            }
            done(context, ref, null, failure, false);
        }));
    }

    private void subscribe(RowFeed watched, Request request, @Nullable Object ref) {
        Filter filter = requests.place().filter(request);
        RowFeed.Wish wish = new RowFeed.Wish(filter, request.start(), request.interest());
        watched.subscribe(wish, true, ref, ref != null);
        // The answer first, then rows: nothing is delivered before this method returns.
        answer(ref, Map.of());
    }

    private void unsubscribe(RowFeed watched, Request request, @Nullable Object ref) {
        Filter filter = requests.place().filter(request);
        if (!watched.unsubscribe(filter, request.text("query"))) {
            throw new Failure(Failure.Code.NOT_FOUND, "there is no subscription to " + filter);
        }
        answer(ref, Map.of());
    }

    private void await(ChannelHandlerContext context, @Nullable Object ref, CompletionStage<Map<String, ?>> stage) {
        await(context, ref, stage, false);
    }

    private void await(
            ChannelHandlerContext context,
            @Nullable Object ref,
            CompletionStage<Map<String, ?>> stage,
            boolean always) {
        unanswered++;
        pace(context);
        stage.whenComplete((answer, failure) -> {
            if (context.executor().inEventLoop()) {
                done(context, ref, answer, failure, always);
            } else {
                context.executor().execute(() -> done(context, ref, answer, failure, always));
            }
        });
    }

    private void done(
            ChannelHandlerContext context,
            @Nullable Object ref,
            @Nullable Map<String, ?> answer,
            @Nullable Throwable failure,
            boolean always) {
        unanswered--;
        if (context.isRemoved() || !context.channel().isActive()) {
            return;
        }
        Throwable why =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (why instanceof Failure refused) {
            refuse(ref, refused);
        } else if (why != null) {
            exceptionCaught(context, why);
        } else if (answer != null && (ref != null || always)) {
            answer(ref, answer);
        }
        pace(context);
    }

    private void answer(@Nullable Object ref, Map<String, ?> more) {
        if (ref == null && more.isEmpty()) {
            return;
        }
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("type", "ok");
        if (ref != null) {
            answer.put("ref", ref);
        }
        answer.putAll(more);
        send(answer);
    }

    private void refuse(@Nullable Object ref, Failure failure) {
        LOG.debug(
                "request refused connection={} code={} reason=\"{}\"",
                connection,
                failure.code(),
                Printable.of(failure.reason()));
        if (feed != null) {
            feed.traffic().refused.increment();
        }
        Map<String, Object> error = new LinkedHashMap<>();
        error.put("type", "error");
        if (ref != null) {
            error.put("ref", ref);
        }
        error.put("code", failure.code().name());
        error.put("message", failure.reason());
        if (!failure.violations().isEmpty()) {
            error.put("violations", failure.violations());
        }
        send(error);
    }

    private void send(Map<String, ?> object) {
        if (feed != null) {
            feed.send(object);
        }
    }

    /** Reads on or stops reading, as what is unanswered and unread by the client allows. */
    private void pace(ChannelHandlerContext context) {
        boolean room = context.channel().isWritable()
                && unanswered < (brake.held() ? (manner.window() + 1) / 2 : manner.window());
        brake.pace(context, room);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        Closing.end(context, cause, connection);
    }
}
