// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import org.apache.qpid.protonj2.codec.DecodeException;
import org.apache.qpid.protonj2.engine.EngineHandler;
import org.apache.qpid.protonj2.engine.EngineHandlerContext;
import org.apache.qpid.protonj2.engine.IncomingAMQPEnvelope;
import org.apache.qpid.protonj2.engine.exceptions.EngineFailedException;
import org.apache.qpid.protonj2.engine.exceptions.FrameDecodingException;
import org.apache.qpid.protonj2.engine.exceptions.ProtocolViolationException;
import org.apache.qpid.protonj2.engine.impl.ProtonConstants;
import org.apache.qpid.protonj2.engine.impl.ProtonEngine;
import org.apache.qpid.protonj2.engine.impl.ProtonFrameDecodingHandler;
import org.apache.qpid.protonj2.engine.impl.ProtonFrameEncodingHandler;
import org.apache.qpid.protonj2.engine.impl.ProtonPerformativeHandler;
import org.apache.qpid.protonj2.types.Symbol;
import org.apache.qpid.protonj2.types.transport.AmqpError;
import org.apache.qpid.protonj2.types.transport.ConnectionError;
import org.apache.qpid.protonj2.types.transport.ErrorCondition;
import org.apache.qpid.protonj2.types.transport.Flow;
import org.jspecify.annotations.Nullable;

/**
 * Stands between frames and the library's engine, where that errs: it takes link credit from 2^31 on for none, and says
 * close without a condition. For the connection's loop.
 */
final class Mending implements EngineHandler {

    private Mending() {}

    /** An engine without SASL. */
    static ProtonEngine engine() {
        ProtonEngine engine = new ProtonEngine();
        // Failures come from the first to the last, and no further than the second; frames the other way.
        engine.pipeline()
                .addLast("failures", new Mending())
                .addLast(ProtonConstants.AMQP_PERFORMATIVE_HANDLER, new ProtonPerformativeHandler())
                .addLast("mending", new Mending())
                .addLast(ProtonConstants.FRAME_DECODING_HANDLER, new ProtonFrameDecodingHandler())
                .addLast(ProtonConstants.FRAME_ENCODING_HANDLER, new ProtonFrameEncodingHandler());
        return engine;
    }

    @Override
    public void handleRead(EngineHandlerContext context, IncomingAMQPEnvelope envelope) {
        if (envelope.getBody() instanceof Flow flow && flow.getLinkCredit() > Integer.MAX_VALUE) {
            flow.setLinkCredit(Integer.MAX_VALUE);
        }
        context.fireRead(envelope);
    }

    @Override
    public void engineFailed(EngineHandlerContext context, EngineFailedException failure) {
        if (context.engine().connection().getCondition() == null) {
            context.engine().connection().setCondition(condition(failure.getCause()));
        }
        context.fireFailed(failure);
    }

    /** What a peer is told of a failure of the engine. */
    static ErrorCondition condition(@Nullable Throwable cause) {
        for (Throwable each = cause; each != null; each = each.getCause()) {
            if (each instanceof ClassCastException) {
                return new ErrorCondition(AmqpError.DECODE_ERROR, "a field of another type than AMQP has for it");
            }
        }
        Symbol condition = AmqpError.ILLEGAL_STATE;
        if (cause instanceof FrameDecodingException) {
            condition = ConnectionError.FRAMING_ERROR;
        } else if (cause instanceof ProtocolViolationException violation && violation.getErrorCondition() != null) {
            condition = violation.getErrorCondition();
        } else if (cause instanceof DecodeException) {
            condition = AmqpError.DECODE_ERROR;
        }
        return new ErrorCondition(condition, cause == null ? "the engine failed" : String.valueOf(cause.getMessage()));
    }
}
