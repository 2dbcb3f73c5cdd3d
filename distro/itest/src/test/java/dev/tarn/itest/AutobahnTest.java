// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tarn.itest.probe.Mirror;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * The image against the fuzzing client of the Autobahn test suite, which a plugin of others carries: an application takes the
 * connections over and sends back what comes. In profile {@code conformance}; {@code -Dtarn.autobahn=1.*,2.*} for a part.
 */
@EnabledIfSystemProperty(named = "tarn.conformance", matches = "true")
class AutobahnTest {
    private static final String SUITE = "me.normanmaurer.maven.autobahntestsuite.AutobahnTestSuite";
    private static final List<String> CASES =
            List.of(System.getProperty("tarn.autobahn", "*").split(","));
    private static final List<String> FINE = List.of("OK", "INFORMATIONAL", "NON-STRICT");

    @TempDir
    Path folder;

    @Test
    void websockets_are_what_their_specification_says() throws Exception {
        Path application = Files.createDirectories(folder.resolve("mirror"));
        Inside.write(application.resolve("mirror.jar"), new Manifest(), Mirror.class);
        try (Tarn tarn = Tarn.dev(folder.resolve("data"), application)
                .set("websocket.messageLimit", "32MB")
                .environment("TARN_OPTS", "-Xmx1g")
                .ready()) {
            Class.forName(SUITE)
                    .getMethod("runFuzzingClient", String.class, String.class, Map.class, List.class, List.class)
                    .invoke(null, "tarn", tarn.ws("/Mirror").toString(), Map.of("version", 18), CASES, List.of());
        }
        JsonNode cases = new ObjectMapper()
                .readTree(Path.of("target/autobahntestsuite-reports/index.json").toFile())
                .path("tarn");
        Map<String, String> others = new TreeMap<>();
        Map<String, String> failed = new TreeMap<>();
        cases.properties().forEach(each -> {
            String behavior = each.getValue().path("behavior").asText();
            String close = each.getValue().path("behaviorClose").asText();
            if (!behavior.equals("OK") || !close.equals("OK")) {
                others.put(each.getKey(), behavior + ", closing " + close);
            }
            if (!FINE.contains(behavior) || !FINE.contains(close)) {
                failed.put(each.getKey(), behavior + ", closing " + close);
            }
        });
        System.out.println("autobahn: cases=" + cases.size() + " not simply OK=" + others);
        assertThat(cases).isNotEmpty();
        assertThat(failed).isEmpty();
    }
}
