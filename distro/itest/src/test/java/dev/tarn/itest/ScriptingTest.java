// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The JavaScript example on the image: its rule holds on every protocol, and changes while connections stay. */
class ScriptingTest {

    private static final Path EXAMPLE = Path.of(System.getProperty("tarn.examples"), "sensor-alert-js");
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    @Test
    void a_folder_with_resources_js_serves_and_is_replaced_while_clients_stay() throws Exception {
        Path application = Files.createDirectories(folder.resolve("sensors"));
        try (Stream<Path> files = Files.list(EXAMPLE)) {
            for (Path file : files.toList()) {
                Files.copy(file, application.resolve(file.getFileName()));
            }
        }
        try (Tarn tarn = Tarn.dev(folder.resolve("data"), application).ready();
                Mqtt watcher = Mqtt.tcp(Mqtt.V5, tarn.port("mqtt"));
                Mqtt sensor = Mqtt.tcp(Mqtt.V5, tarn.port("mqtt"))) {
            // Whoever is told that the node is ready finds the application.
            assertThat(tarn.out()).anyMatch(line -> line.contains("application=sensors deployed"));
            // And nobody reaches its table before, without its rules.
            assertThat(tarn.out().stream()
                            .filter(line -> line.contains("application=sensors deployed")
                                    || line.contains("listening name=mqtt")))
                    .first()
                    .asString()
                    .contains("deployed");
            watcher.subscribe("alerts/#", 1);
            sensor.publish("Sensors/1", "{\"temp\":120}", 1, true);
            assertThat(watcher.next().topic()).isEqualTo("alerts/1");
            assertThat(Http.text(Http.get(tarn, "/Sensors/1"))).contains("\"alert\":true");
            assertThat(Http.put(tarn, "/Sensors/2", "{\"temp\":-300}").statusCode())
                    .isEqualTo(422);
            assertThat(Http.put(tarn, "/Sensors/2", "{\"temp\":50}").statusCode())
                    .isEqualTo(201);

            Path script = application.resolve("resources.js");
            String text = Files.readString(script);
            Files.writeString(script, text.replace("> 100", "> 40"));
            Eventually.passes(SOON, () -> {
                Http.put(tarn, "/Sensors/2", "{\"temp\":51}");
                assertThat(Http.text(Http.get(tarn, "/Sensors/2"))).contains("\"alert\":true");
                return null;
            });
            assertThat(watcher.next().topic()).isEqualTo("alerts/2");

            Files.writeString(script, text + "\nnope();\n");
            Eventually.passes(SOON, () -> {
                assertThat(tarn.said()).contains("nope is not defined");
                return null;
            });
            assertThat(Http.put(tarn, "/Sensors/2", "{\"temp\":52}").statusCode())
                    .isEqualTo(204);
        }
    }
}
