// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.handler.codec.http.HttpRequest;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Something that answers HTTP requests. Registered as a service with {@code service.ranking}: the highest one that accepts
 * a request gets it. With the property {@code tarn.door=admin} it answers on the administration's listener instead. Framing, limits, Host and Origin checks and authentication are done before.
 */
@ConsumerType
public interface HttpProtocol {
    /** Lower case, unique, such as {@code sse}. */
    String name();

    /** Whether this request is for this protocol. On the connection's loop; quick. */
    boolean accepts(HttpRequest head);

    /**
     * Whether this request, which was accepted, is answered whoever asks, without a look at his credentials. Its context is
     * that of a user without a role. On the connection's loop; quick.
     */
    default boolean anonymous(HttpRequest head) {
        return false;
    }

    /** Answers one request, now or later. On the connection's loop; an exception becomes a 500 and closes. */
    void open(HttpExchange exchange);
}
