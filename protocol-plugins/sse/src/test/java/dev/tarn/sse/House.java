// SPDX-License-Identifier: Apache-2.0
package dev.tarn.sse;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Table;
import dev.tarn.testkit.Configs;
import dev.tarn.testkit.Node;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Nodes with SSE and two tables, one of which has numbers for ids. */
final class House {
    static final Table SENSORS = new Table(
            "data",
            "Sensors",
            "Sensors",
            List.of(
                    Attribute.primaryKey("id", Attribute.Type.ID),
                    Attribute.of("location", Attribute.Type.STRING),
                    Attribute.of("temp", Attribute.Type.FLOAT)),
            Table.Rules.DECLARED);

    static final Table ORDERS = new Table(
            "data", "Orders", "Orders", List.of(Attribute.primaryKey("id", Attribute.Type.LONG)), Table.Rules.DECLARED);

    /** With bytes beside its rows. */
    static final Table PEOPLE = new Table(
            "data",
            "People",
            "People",
            List.of(
                    Attribute.primaryKey("id", Attribute.Type.ID),
                    Attribute.of("name", Attribute.Type.STRING),
                    Attribute.of("photo", Attribute.Type.BLOB)),
            Table.Rules.DECLARED);

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
        return in(directory, Map.of()).start().deploy(SENSORS, ORDERS, PEOPLE);
    }
}
