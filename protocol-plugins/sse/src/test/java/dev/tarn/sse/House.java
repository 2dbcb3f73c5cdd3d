// SPDX-License-Identifier: Apache-2.0
package dev.tarn.sse;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Table;
import dev.tarn.testkit.Configs;
import dev.tarn.testkit.Node;
import dev.tarn.testkit.Samples;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Nodes with SSE and two tables, one of which has numbers for ids. */
final class House {
    static final Table ORDERS = new Table(
            "data", "Orders", "Orders", List.of(Attribute.primaryKey("id", Attribute.Type.LONG)), Table.Rules.DECLARED);

    private House() {}

    static Node.Setup in(Path directory, Map<String, ?> settings) {
        return Node.in(directory)
                .http(
                        100,
                        services -> new SseProtocol(
                                services.resources(),
                                services.bodies(),
                                Configs.of(SseProtocol.Config.class, settings)));
    }

    static Node start(Path directory) {
        return in(directory, Map.of()).start().deploy(Samples.SENSORS, ORDERS, Samples.PEOPLE);
    }
}
