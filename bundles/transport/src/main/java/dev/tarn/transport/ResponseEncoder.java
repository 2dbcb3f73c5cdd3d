// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;

/** Netty's response encoder, told which request it answers. Confined to the loop. */
final class ResponseEncoder extends HttpResponseEncoder {
    private boolean toHead;

    /** Whether the request that is answered next is a HEAD, whose answer has no body (RFC 9110 §9.3.2). */
    void toHead(boolean head) {
        this.toHead = head;
    }

    @Override
    protected boolean isContentAlwaysEmpty(HttpResponse response) {
        return toHead || super.isContentAlwaysEmpty(response);
    }
}
