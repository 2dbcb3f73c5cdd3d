// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The bill of materials names every jar of the image and what is embedded in ours, each with its licence. */
class BillTest {

    /** Licences that go with Apache-2.0, as SPDX calls them; a text without an id is looked at by its name. */
    private static final String FINE = "(?i).*(apache|mit|bsd|epl|eclipse|lgpl|bouncy castle|cc0|public domain).*";

    private static Map<String, String> licences() throws IOException {
        JsonNode bill = Http.json(Files.readString(Tarn.IMAGE.resolve("bom.json")));
        assertThat(bill.path("bomFormat").asText()).isEqualTo("CycloneDX");
        Map<String, String> licences = new TreeMap<>();
        for (JsonNode component : bill.path("components")) {
            licences.put(
                    component.path("name").asText() + "-"
                            + component.path("version").asText(),
                    component.path("licenses").toString());
        }
        return licences;
    }

    @Test
    void every_jar_is_on_it_with_a_licence_that_may_be_shipped() throws IOException {
        Map<String, String> licences = licences();
        List<String> jars;
        try (Stream<Path> files = Files.walk(Tarn.IMAGE)) {
            jars = files.filter(file ->
                            file.toString().contains("/lib/") || file.toString().contains("/system/"))
                    .map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".jar"))
                    .map(name -> name.substring(0, name.length() - 4).replaceFirst("-linux-[a-z0-9_]+$", ""))
                    .toList();
        }
        assertThat(jars).hasSizeGreaterThan(40);
        List<String> missing = new ArrayList<>(jars);
        missing.removeAll(licences.keySet());
        assertThat(missing).isEmpty();
        assertThat(licences.keySet().toString())
                .contains(
                        "xodus-environment-",
                        "xodus-openAPI-",
                        "kotlin-stdlib-",
                        "kotlin-logging-",
                        "bcprov-jdk18on-",
                        "protonj2-");
        Map<String, String> strange = new TreeMap<>(licences);
        strange.values().removeIf(licence -> licence.matches(FINE));
        assertThat(strange).isEmpty();
    }
}
