// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.codec.Codec;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.transport.Envelope.Format;
import dev.tarn.transport.Outflow;
import dev.tarn.transport.Traffic;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * A connection that an application took over: every message is its own. Text that is JSON is a value, other text is text; bytes
 * are a value in the format that was agreed on. On the connection's loop.
 */
final class TakenSocket extends ChannelInboundHandlerAdapter implements Outflow.Outlet {
    private static final String TEXT = "text/plain; charset=utf-8";

    private final Manner manner;
    private final Bodies bodies;
    private final Incoming incoming;
    private final Flow.Publisher<Body> outgoing;
    private final Brake brake;
    private final String connection;
    private final Assembly assembly;
    private final Frames texts;
    private final Frames bytes;

    private @Nullable ChannelHandlerContext socket;
    private @Nullable Outflow outflow;

    /**
     * How a connection is spoken on.
     *
     * @param deflates whether longer messages are compressed
     * @param longest bytes of a message
     */
    record Manner(Format format, boolean deflates, int longest) {}

    /**
     * @param decoder what is told to stop reading
     * @param connection what it is called in the log
     */
    TakenSocket(
            Manner manner,
            Bodies bodies,
            Incoming incoming,
            Flow.Publisher<Body> outgoing,
            FrameDecoder decoder,
            String connection) {
        this.manner = manner;
        this.assembly = new Assembly(manner.longest());
        this.texts = new Frames(Format.JSON, manner.deflates());
        this.bytes = new Frames(Format.CBOR, manner.deflates());
        this.bodies = bodies;
        this.incoming = incoming;
        this.outgoing = outgoing;
        this.brake = new Brake(decoder);
        this.connection = connection;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        socket = context;
        Outflow made = new Outflow(context.executor(), () -> context.channel().isWritable(), this);
        outflow = made;
        incoming.pacing(() -> pace(context));
        outgoing.subscribe(made);
        if (!context.channel().isActive()) {
            gone();
        }
        pace(context);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        gone();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        gone();
        context.fireChannelInactive();
    }

    private void gone() {
        socket = null;
        assembly.release();
        incoming.close();
        if (outflow != null) {
            outflow.cancel();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (outflow != null) {
            outflow.ask();
        }
        context.fireChannelWritabilityChanged();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object read) {
        if (!(read instanceof WebSocketFrame frame)) {
            context.fireChannelRead(read);
            return;
        }
        byte[] message = assembly.add(context, frame);
        if (message != null) {
            Traffic.of(context.channel()).in.increment();
            incoming.next(body(message), message.length);
            pace(context);
        }
    }

    private Body body(byte[] message) {
        if (!assembly.text() && manner.format() == Format.JSON) {
            return bodies.opaque(Body.OPAQUE, message);
        }
        String mediaType = assembly.text() ? Bodies.JSON : manner.format().mediaType();
        Codec codec = bodies.codec(mediaType)
                .orElseThrow(() -> new Failure(Failure.Code.UNAVAILABLE, "no codec for " + mediaType));
        try {
            return bodies.of(codec.decode(message));
        } catch (IOException | Failure unreadable) {
            return bodies.opaque(assembly.text() ? TEXT : Body.OPAQUE, message);
        }
    }

    @Override
    public void write(Body body) {
        ChannelHandlerContext to = socket;
        if (to == null) {
            return;
        }
        boolean value = body.structured();
        byte[] payload = value ? body.as(manner.format().mediaType()).bytes() : body.bytes();
        boolean text = value ? manner.format() == Format.JSON : isText(body);
        ByteBuf out = to.alloc().buffer(payload.length + 10);
        (text ? texts : bytes).write(out, payload);
        to.write(out);
        Traffic.of(to.channel()).out.increment();
    }

    /** Whether bytes may go as text: a peer closes the connection for what only says that it is. RFC 6455 §8.1. */
    private static boolean isText(Body body) {
        if (!body.mediaType().startsWith("text/") && !body.mediaType().startsWith(Bodies.JSON)) {
            return false;
        }
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body.bytes()));
            return true;
        } catch (CharacterCodingException otherBytes) {
            return false;
        }
    }

    @Override
    public void flush() {
        if (socket != null) {
            socket.flush();
        }
    }

    @Override
    public void ended(@Nullable Throwable failure) {
        ChannelHandlerContext to = socket;
        if (to == null) {
            return;
        }
        if (failure == null) {
            to.close();
        } else {
            Closing.end(to, failure, connection);
        }
    }

    /** Reads on or stops reading, as the application takes what comes. */
    private void pace(ChannelHandlerContext context) {
        brake.pace(context, incoming.wanted());
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        Closing.end(context, cause, connection);
    }
}
