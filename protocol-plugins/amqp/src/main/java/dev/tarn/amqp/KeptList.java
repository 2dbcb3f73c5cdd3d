// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.operation.Operation;
import dev.tarn.api.resource.Context;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code amqp_list}: durable and shared subscriptions and queues, with what each is owed. Safe on any thread. */
@Component(service = Operation.class)
public final class KeptList implements Operation {
    private final AmqpProtocol protocol;

    @Activate
    public KeptList(@Reference AmqpProtocol protocol) {
        this.protocol = protocol;
    }

    @Override
    public String name() {
        return "amqp_list";
    }

    @Override
    public boolean changes() {
        return false;
    }

    @Override
    public CompletionStage<Map<String, Object>> run(Context context, Map<String, Object> arguments) {
        return protocol.feeds().list().thenApply(kept -> Map.of("kept", kept));
    }
}
