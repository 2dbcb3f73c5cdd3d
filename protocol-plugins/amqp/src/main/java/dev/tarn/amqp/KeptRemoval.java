// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Failure;
import dev.tarn.api.operation.Operation;
import dev.tarn.api.resource.Context;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * {@code amqp_remove}: ends a subscription or a queue that nobody comes back to; {@code kind}, {@code user}, {@code container} and
 * {@code name} as {@link KeptList} says them. Safe on any thread.
 */
@Component(service = Operation.class)
public final class KeptRemoval implements Operation {
    private final AmqpProtocol protocol;

    @Activate
    public KeptRemoval(@Reference AmqpProtocol protocol) {
        this.protocol = protocol;
    }

    @Override
    public String name() {
        return "amqp_remove";
    }

    @Override
    public CompletionStage<Map<String, Object>> run(Context context, Map<String, Object> arguments) {
        try {
            return protocol.feeds()
                    .remove(FeedKey.of(arguments), Messages.yes(arguments.get("force")))
                    .thenApply(owed -> Map.of("dropped", owed));
        } catch (Failure unknown) {
            return CompletableFuture.failedFuture(unknown);
        }
    }
}
