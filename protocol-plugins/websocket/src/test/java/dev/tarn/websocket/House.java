// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Table;
import dev.tarn.testkit.Configs;
import dev.tarn.testkit.Node;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Nodes with WebSockets and a table. */
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
                        200,
                        services -> new WebSocketProtocol(
                                services.resources(),
                                services.bodies(),
                                services.meter(),
                                Configs.of(WebSocketProtocol.Config.class, settings)));
    }

    static Node start(Path directory) {
        return in(directory, Map.of("messageLimit", "64KB")).start().deploy(SENSORS, PEOPLE);
    }
}
