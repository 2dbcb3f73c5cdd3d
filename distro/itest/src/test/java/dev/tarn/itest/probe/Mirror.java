// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest.probe;

import dev.tarn.api.application.At;
import dev.tarn.api.application.Call;
import dev.tarn.api.application.Endpoint;
import dev.tarn.api.data.Body;
import java.util.concurrent.Flow;

/** An application that sends back what comes in over a WebSocket. */
@At("Mirror")
public final class Mirror extends Endpoint {

    @Override
    public Flow.Publisher<Body> connect(Call call, Flow.Publisher<Body> incoming) {
        return incoming;
    }
}
