// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import org.apache.qpid.protonj2.types.Symbol;
import org.apache.qpid.protonj2.types.transport.ErrorCondition;

/** Something that AMQP itself forbids or that is not offered, with the condition that the peer is told. */
final class Refusal extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient Symbol condition;

    Refusal(Symbol condition, String description) {
        super(description, null, false, false);
        this.condition = condition;
    }

    ErrorCondition error() {
        return new ErrorCondition(condition, String.valueOf(getMessage()));
    }
}
