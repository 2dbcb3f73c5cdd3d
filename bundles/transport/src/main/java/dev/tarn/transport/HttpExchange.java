// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.api.resource.Context;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.osgi.annotation.versioning.ProviderType;

/**
 * One HTTP request and its answer, whatever version of HTTP carries it. All methods are called on {@link #loop()}. Answers
 * leave in the order of the requests. Exactly one of respond, stream and upgrade is called, once.
 */
@ProviderType
public interface HttpExchange {
    /** The request line and headers as they came. */
    HttpRequest head();

    /** The decoded path of the request target: absolute, dot segments refused, {@code %2F} decoded last. */
    String path();

    /** The path split at its unescaped slashes, each segment decoded; the leading slash gives no segment. */
    List<String> segments();

    /** The query string without its question mark, still encoded; empty when there is none. */
    String query();

    /** Query parameters, decoded, in order; a name may have several values. */
    Map<String, List<String>> parameters();

    /** Who asks; one context for all requests of a connection by the same user. */
    Context context();

    Connection connection();

    /** The counters of the protocol that this exchange was given to. */
    Traffic traffic();

    EventLoop loop();

    /**
     * The whole request body. Fails with a {@link dev.tarn.api.data.Failure}: TOO_LARGE beyond the limit,
     * MALFORMED when it is cut short. Sends 100 Continue if that is awaited. The bytes belong to the caller.
     *
     * @param limit in bytes
     */
    CompletionStage<byte[]> body(int limit);

    /**
     * The request body piece by piece, for what is too large to be held; instead of {@link #body(int)}. The next piece is read from
     * the socket when what {@code take} returned for the one before is complete, on any thread. Fails as {@link #body(int)} does,
     * with what a stage failed with, or with what {@code take} throws.
     *
     * @param limit in bytes
     * @param take gets each piece, on the loop; it is lent for the call
     * @return completes on the loop when the last piece has been taken
     */
    CompletionStage<Void> body(long limit, Function<ByteBuf, CompletionStage<Void>> take);

    /** Sends a whole answer; takes over its buffers. Content-Length, Date and Connection are seen to. */
    void respond(FullHttpResponse response);

    /** Sends the problem+json answer for a failure; anything but a Failure is logged and becomes 500. */
    void fail(Throwable failure);

    /** Begins an answer of unknown length; it leaves at once. */
    HttpStream stream(HttpResponse head);

    /**
     * Leaves HTTP, for an upgrade: the request as a whole (its body is empty; the caller releases it) and the pipeline,
     * in which only the HTTP/1.1 codec and what is below it remain, for Netty's handshakers to replace.
     */
    Upgrade upgrade();

    /** See {@link #upgrade}. */
    record Upgrade(FullHttpRequest request, ChannelPipeline pipeline) {}

    /** The body of an answer while it is being sent. */
    interface HttpStream {
        /** Queues bytes; takes over the buffer. Ignored, and released, once the peer is gone. */
        void write(ByteBuf bytes);

        void flush();

        /** False while the socket's buffer is above its high-water mark: stop producing until told. */
        boolean writable();

        /** Called on the loop each time the stream becomes writable again. */
        void onWritable(Runnable again);

        /**
         * Called once on the loop when the server wants the answer to end, because the node stops, the protocol is being
         * removed, or whoever asked may not stay: finish soon; when the node stops, the connection is cut after the drain
         * time. Whatever answers without end must ask for this.
         */
        void onClosing(Runnable soon);

        /** Ends the answer. */
        void finish();

        /** Breaks the answer off so that the peer can tell it is not whole. */
        void abort();

        /** Completes on the loop when the answer has ended or the peer is gone. */
        CompletionStage<Void> closed();
    }
}
