// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import java.util.Map;
import java.util.Objects;
import org.apache.qpid.protonj2.engine.Connection;
import org.apache.qpid.protonj2.engine.ConnectionState;
import org.apache.qpid.protonj2.engine.Engine;
import org.apache.qpid.protonj2.types.Symbol;
import org.apache.qpid.protonj2.types.transport.Close;
import org.apache.qpid.protonj2.types.transport.ConnectionError;
import org.apache.qpid.protonj2.types.transport.ErrorCondition;
import org.apache.qpid.protonj2.types.transport.Open;
import org.jspecify.annotations.Nullable;

/** The library's engine of one connection: frames in and out, and the last word when it fails. For the connection's loop. */
final class Wire {

    private static final String NAME = "tarn";
    private static final Symbol RELAY = Symbol.valueOf("ANONYMOUS-RELAY");
    private static final Symbol SHARED = Symbol.valueOf("SHARED-SUBS");

    /** The type of AMQP's frames, AMQP 1.0 §2.3.1. */
    private static final byte AMQP = 0;

    private final AmqpConnection connection;
    private final Limits limits;
    private final Codec codec;
    private @Nullable Engine engine;

    Wire(AmqpConnection connection, Limits limits, Codec codec) {
        this.connection = connection;
        this.limits = limits;
        this.codec = codec;
    }

    /** Answers the protocol header; what comes then is for the conversation. */
    void begin(byte[] header, Conversation conversation) {
        engine = codec.engine(header, fresh -> prepare(fresh, conversation));
    }

    private void prepare(Engine fresh, Conversation conversation) {
        fresh.outputHandler((bytes, done) -> {
            Codec.copy(bytes, connection.outbox().open());
            if (done != null) {
                done.run();
            }
        });
        // The engine has said close by then, if the peer could be told.
        fresh.errorHandler(failed -> connection.violated(Mending.condition(failed.failureCause())));
        fresh.connection()
                .setContainerId(NAME)
                .setMaxFrameSize(limits.frame())
                .setChannelMax(limits.counts().sessions() - 1)
                .setIdleTimeout(limits.idle().toMillis())
                .setOfferedCapabilities(RELAY, SHARED, Containers.SOLE)
                .setProperties(Map.of(Symbol.valueOf("product"), "Tarn"))
                .openHandler(remote -> conversation.guarded(conversation::opened))
                .closeHandler(remote -> conversation.guarded(conversation::closed))
                .localCloseHandler(local ->
                        connection.channel().eventLoop().execute(() -> conversation.over(local.getCondition())))
                .sessionOpenHandler(session -> conversation.guarded(() -> conversation.begun(session)))
                .senderOpenHandler(link -> conversation.guarded(() -> conversation.sends(link)))
                .receiverOpenHandler(link -> conversation.guarded(() -> conversation.receives(link)));
    }

    /**
     * Hands a frame to the engine.
     *
     * @throws Refusal when it cannot be read
     */
    void frame(byte[] frame) {
        int start = 4 * (frame[4] & 0xff);
        if (frame[5] != AMQP) {
            throw new Refusal(ConnectionError.FRAMING_ERROR, "a frame of type " + frame[5] + " once AMQP has begun");
        }
        int channel = ((frame[6] & 0xff) << 8) | (frame[7] & 0xff);
        int highest = limits.counts().sessions() - 1;
        if (channel > highest) {
            // AMQP 1.0 §2.7.1: "MUST be treated as a framing error".
            throw new Refusal(
                    ConnectionError.FRAMING_ERROR, "channel " + channel + ", where " + highest + " is the last");
        }
        if (start < frame.length) {
            Shape.performative(frame, start);
        }
        running().ingest(Codec.buffer(frame));
    }

    private Engine running() {
        return Objects.requireNonNull(engine, "before the header");
    }

    /** Both ends of it. */
    Connection remote() {
        return running().connection();
    }

    /** Says why, if the peer has come far enough to be told; AMQP 1.0 §2.4.3. */
    void sayClose(ErrorCondition error) {
        Engine talking = engine;
        if (talking == null) {
            return;
        }
        if (!talking.isRunning()) {
            sayWithoutEngine(error);
            return;
        }
        try {
            remote().setCondition(error);
            if (remote().getState() == ConnectionState.IDLE) {
                remote().open();
            }
            remote().close();
        } catch (RuntimeException tooLate) {
            connection.outbox().flush();
        }
    }

    /** An open that cannot be read is where the library falls silent, since it has not opened itself. */
    private void sayWithoutEngine(ErrorCondition error) {
        if (remote().getState() == ConnectionState.IDLE) {
            Codec.copy(
                    codec.frame(new Open().setContainerId(NAME)),
                    connection.outbox().open());
            Codec.copy(
                    codec.frame(new Close().setError(error)),
                    connection.outbox().open());
        }
    }

    /** Whether open was exchanged, and close was not. */
    boolean active() {
        return running().isRunning() && remote().getState() == ConnectionState.ACTIVE;
    }

    /** Says something if it is time to. Returns when to ask again, in the same milliseconds. */
    long tick(long now) {
        return running().tick(now);
    }
}
