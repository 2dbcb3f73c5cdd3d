// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.resource.DurableSessions;
import dev.tarn.api.security.Mechanisms;
import dev.tarn.testkit.Configs;
import dev.tarn.testkit.Node;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;

/** Nodes that speak MQTT. */
final class Nodes {
    private Nodes() {}

    static Node.Setup in(Path directory) {
        return in(directory, Map.of());
    }

    static Node.Setup in(Path directory, Map<String, ?> settings) {
        return in(directory, settings, Clock.systemUTC());
    }

    /** A node with this time. Clients that do not answer a goodbye are not waited for. */
    static Node.Setup in(Path directory, Map<String, ?> settings, Clock clock) {
        Node.Setup setup = Node.in(directory).clock(clock).configure("listener", "drain", "50ms");
        return setup.stream(services -> {
            MqttProtocol made = new MqttProtocol(
                    services.resources(),
                    (DurableSessions) services.resources(), // the engine is both
                    services.store(),
                    services.users(),
                    services.bodies(),
                    new MqttProtocol.Measures(services.meter(), clock),
                    Configs.of(MqttProtocol.Config.class, settings));
            made.setMechanisms((Mechanisms) services.users()); // users are both
            return made;
        });
    }
}
