// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Table;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ExampleTest {

    @Test
    void the_getting_started_example_is_deployed_without_a_warning() throws Exception {
        Findings findings = new Findings();
        Application application = Application.read(
                "getting-started", Folder.list(Path.of("../../distro/examples/getting-started")), findings, Set.of());

        assertThat(findings.errors()).isEmpty();
        assertThat(findings.warnings()).isEmpty();
        assertThat(application.tables()).extracting(Table::name).containsExactly("Sensors", "Topics");
        assertThat(application.tables()).extracting(Table::export).containsExactly("Sensors", "");
        assertThat(application.tables().get(0).attributes())
                .isEqualTo(List.of(
                        Attribute.primaryKey("id", Attribute.Type.ID),
                        Attribute.of("location", Attribute.Type.STRING),
                        Attribute.of("temp", Attribute.Type.FLOAT)));
        assertThat(List.of("/", "/index.html", "/app.js", "/style.css", "/icon.svg"))
                .allMatch(application.site()::has);
        assertThat(application.site().has("/README.md")).isFalse();
    }
}
