// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import dev.tarn.api.data.Failure;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Why a WebSocket is closed by the server, in its codes. RFC 6455 §7.4. */
final class Closing {
    private static final Logger LOG = LoggerFactory.getLogger(Closing.class);

    /** The server, or the protocol that this connection carries, goes away. */
    static final int GOING_AWAY = 1001;

    static final int UNSUPPORTED_DATA = 1003;
    static final int INVALID_PAYLOAD = 1007;
    static final int NOT_ALLOWED = 1008;
    static final int TOO_LARGE = 1009;
    static final int SERVER_FAULT = 1011;
    static final int TRY_AGAIN_LATER = 1013;
    static final int NOT_FOUND = 4404;

    /** A control frame has 125 bytes, two of which are the code. */
    private static final int LONGEST_REASON = 123;

    private Closing() {}

    /** The code for a refusal that ends the connection. */
    static int code(Failure failure) {
        return switch (failure.code()) {
            case MALFORMED, INVALID -> INVALID_PAYLOAD;
            case UNAUTHENTICATED, FORBIDDEN, CONFLICT, PRECONDITION -> NOT_ALLOWED;
            case NOT_FOUND -> NOT_FOUND;
            case UNSUPPORTED -> UNSUPPORTED_DATA;
            case TOO_LARGE -> TOO_LARGE;
            case BUSY, FULL -> TRY_AGAIN_LATER;
            case UNAVAILABLE -> broken(failure) ? SERVER_FAULT : GOING_AWAY;
        };
    }

    /** Whether something failed that should not, such as code of an application, and the server stays. */
    private static boolean broken(Failure failure) {
        return failure.status() != 0 && failure.status() != 503;
    }

    /** The code for an end that the server wants. */
    static int code(dev.tarn.transport.Closing.Cause cause) {
        return switch (cause) {
            case STOPPING -> GOING_AWAY;
            case REVOKED, EXPIRED -> NOT_ALLOWED;
        };
    }

    static CloseWebSocketFrame frame(Failure failure) {
        return frame(code(failure), failure.reason());
    }

    static CloseWebSocketFrame frame(int code, String reason) {
        return new CloseWebSocketFrame(code, shortened(reason));
    }

    /**
     * What to say to the peer about something thrown: a broken rule, a refusal, or a bug, which is logged.
     *
     * @return null when there is nobody left to say it to
     */
    static @Nullable CloseWebSocketFrame frame(Throwable cause, String connection) {
        boolean wrapped = cause instanceof DecoderException && !(cause instanceof CorruptedWebSocketFrameException);
        Throwable why = wrapped && cause.getCause() != null ? cause.getCause() : cause;
        if (why instanceof CorruptedWebSocketFrameException broken) {
            LOG.debug("websocket refused connection={} reason=\"{}\"", connection, broken.getMessage());
            return frame(broken.closeStatus().code(), String.valueOf(broken.getMessage()));
        } else if (why instanceof Failure refused) {
            return frame(refused);
        } else if (why instanceof IOException gone) {
            LOG.debug("websocket lost connection={} reason=\"{}\"", connection, gone.getMessage());
            return null;
        }
        LOG.error("websocket failed connection={}", connection, why);
        return frame(SERVER_FAULT, "a fault of the server");
    }

    /** Ends a connection on which something was thrown, with words where there is somebody to hear them. On the loop. */
    static void end(ChannelHandlerContext context, Throwable cause, String connection) {
        CloseWebSocketFrame close = frame(cause, connection);
        if (close == null) {
            context.close();
        } else {
            context.writeAndFlush(close);
        }
    }

    /** The beginning of a text that fits, cut between characters. */
    private static String shortened(String reason) {
        String text = reason;
        while (text.getBytes(StandardCharsets.UTF_8).length > LONGEST_REASON) {
            int over = text.getBytes(StandardCharsets.UTF_8).length - LONGEST_REASON;
            int end = text.length() - Math.max(1, over / 4);
            text = text.substring(0, Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end);
        }
        return text;
    }
}
