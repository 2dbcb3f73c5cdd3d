// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.resource.DurableSessions;
import dev.tarn.api.security.Mechanisms;
import dev.tarn.testkit.Configs;
import dev.tarn.testkit.Node;
import java.nio.file.Path;
import java.util.Map;

/** Nodes that speak MQTT. */
final class Nodes {
    private Nodes() {}

    static Node.Setup in(Path directory) {
        return in(directory, Map.of());
    }

    static Node.Setup in(Path directory, Map<String, ?> settings) {
        return Node.in(directory).stream(services -> {
            MqttProtocol made = new MqttProtocol(
                    services.resources(),
                    (DurableSessions) services.resources(), // the engine is both
                    services.store(),
                    services.users(),
                    services.bodies(),
                    services.meter(),
                    Configs.of(MqttProtocol.Config.class, settings));
            made.setMechanisms((Mechanisms) services.users()); // users are both
            return made;
        });
    }
}
