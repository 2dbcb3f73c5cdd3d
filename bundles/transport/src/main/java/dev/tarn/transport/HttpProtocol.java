// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.handler.codec.http.HttpRequest;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Something that answers HTTP requests. Registered as a service with {@code service.ranking}: the highest one that accepts
 * a request gets it. Framing, limits, Host and Origin checks and authentication are done before.
 */
@ConsumerType
public interface HttpProtocol {
    /** Lower case, unique, such as {@code sse}. */
    String name();

    /** Whether this request is for this protocol. On the connection's loop; quick. */
    boolean accepts(HttpRequest head);

    /** Answers one request, now or later. On the connection's loop; an exception becomes a 500 and closes. */
    void open(HttpExchange exchange);
}
