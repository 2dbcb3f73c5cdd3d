// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.qpid.protonj2.types.Symbol;
import org.apache.qpid.protonj2.types.transport.AmqpError;
import org.apache.qpid.protonj2.types.transport.ErrorCondition;

/** Who is the only connection of a container, where it asked to be. Safe on any thread. */
final class Containers {

    static final Symbol SOLE = Symbol.valueOf("sole-connection-for-container");
    static final Symbol POLICY = Symbol.valueOf("sole-connection-enforcement-policy");

    /** What a connection that comes second is told. */
    static ErrorCondition taken() {
        return new ErrorCondition(
                AmqpError.INVALID_FIELD,
                "the container has a connection already",
                Map.of(Symbol.valueOf("invalid-field"), Symbol.valueOf("container-id")));
    }

    /** What a connection is told that has to go. */
    static ErrorCondition replacedBy() {
        return new ErrorCondition(
                AmqpError.RESOURCE_LOCKED,
                "another connection of the container has come",
                Map.of(Symbol.valueOf("sole-connection-enforcement"), true));
    }

    /** Tells a connection that another has taken its place; on any thread. */
    interface Holder {
        void replaced();
    }

    private final Map<String, Holder> sole = new ConcurrentHashMap<>();

    /**
     * Makes this the only connection of the container.
     *
     * @param replace whether one that is there has to go; otherwise it stays, and false is returned
     */
    boolean claim(String container, Holder holder, boolean replace) {
        if (!replace) {
            return sole.putIfAbsent(container, holder) == null;
        }
        Holder before = sole.put(container, holder);
        if (before != null && before != holder) {
            before.replaced();
        }
        return true;
    }

    void release(String container, Holder holder) {
        sole.remove(container, holder);
    }
}
