// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import dev.tarn.testkit.Configs;
import dev.tarn.testkit.Node;
import dev.tarn.testkit.Samples;
import java.nio.file.Path;
import java.util.Map;

/** Nodes with WebSockets and a table. */
final class House {
    private House() {}

    static Node.Setup in(Path directory, Map<String, ?> settings) {
        return Node.in(directory)
                .http(
                        200,
                        services -> new WebSocketProtocol(
                                services.resources(),
                                services.bodies(),
                                services.meter(),
                                Configs.of(WebSocketProtocol.Config.class, settings)));
    }

    static Node start(Path directory) {
        return in(directory, Map.of("messageLimit", "64KB")).start().deploy(Samples.SENSORS, Samples.PEOPLE);
    }
}
