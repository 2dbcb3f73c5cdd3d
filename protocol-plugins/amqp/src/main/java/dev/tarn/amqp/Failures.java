// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Failure;
import java.util.concurrent.CompletionException;
import org.apache.qpid.protonj2.types.Symbol;
import org.apache.qpid.protonj2.types.transport.AmqpError;
import org.apache.qpid.protonj2.types.transport.ConnectionError;
import org.apache.qpid.protonj2.types.transport.ErrorCondition;
import org.apache.qpid.protonj2.types.transport.LinkError;
import org.jspecify.annotations.Nullable;

/** What AMQP says for each {@link Failure.Code}: the one table. Conditions of AMQP 1.0 §2.8.15 to §2.8.18. */
final class Failures {
    private Failures() {}

    /** The condition in a rejected outcome, a detach or a close. */
    static Symbol condition(Failure.Code code) {
        return switch (code) {
            case MALFORMED -> AmqpError.DECODE_ERROR;
            case INVALID -> AmqpError.INVALID_FIELD;
            case UNAUTHENTICATED, FORBIDDEN -> AmqpError.UNAUTHORIZED_ACCESS;
            case NOT_FOUND -> AmqpError.NOT_FOUND;
            case CONFLICT -> AmqpError.ILLEGAL_STATE;
            case PRECONDITION -> AmqpError.PRECONDITION_FAILED;
            case UNSUPPORTED -> AmqpError.NOT_IMPLEMENTED;
            case TOO_LARGE -> LinkError.MESSAGE_SIZE_EXCEEDED;
            case BUSY, FULL -> AmqpError.RESOURCE_LIMIT_EXCEEDED;
            case UNAVAILABLE -> AmqpError.INTERNAL_ERROR;
        };
    }

    /** The condition when the server ends what a link was told: a stop is no fault of the link's. */
    static Symbol ended(Failure.Code code) {
        return code == Failure.Code.UNAVAILABLE ? ConnectionError.CONNECTION_FORCED : condition(code);
    }

    static ErrorCondition error(Failure failure) {
        String text = failure.violations().isEmpty()
                ? failure.reason()
                : failure.reason() + ": " + String.join("; ", failure.violations());
        return new ErrorCondition(condition(failure.code()), text);
    }

    /** What the peer is told of something that was thrown; of a bug, that it is one. */
    static ErrorCondition toldOrFault(Throwable thrown) {
        ErrorCondition told = told(thrown);
        return told == null ? new ErrorCondition(AmqpError.INTERNAL_ERROR, "a fault of the server") : told;
    }

    /** What the peer is told of something that was thrown; null for a bug. */
    static @Nullable ErrorCondition told(Throwable thrown) {
        Throwable cause = thrown;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof Refusal refusal) {
            return refusal.error();
        }
        return cause instanceof Failure failure ? error(failure) : null;
    }
}
