// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Hashtable;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptSecretsTest {

    @TempDir
    Path folder;

    private String word(String secret) throws IOException {
        Path file = Files.createTempFile(folder, "secret", "");
        Files.writeString(file, secret + "\n");
        return "${file:" + file + "}";
    }

    @Test
    void a_component_gets_the_secret_and_a_text_loses_it() throws IOException {
        KeptSecrets secrets = new KeptSecrets();
        Hashtable<String, Object> given = new Hashtable<>(
                Map.of("plain", "x", "number", 7, "one", word("open \"sesame\" & <more>"), "several", new String[] {
                    "a", word("second-secret")
                }));
        secrets.modifyConfiguration(null, given);
        assertThat(given)
                .containsEntry("plain", "x")
                .containsEntry("number", 7)
                .containsEntry("one", "open \"sesame\" & <more>")
                .containsEntry("several", new String[] {"a", "second-secret"});
        String page = "<td>open &#34;sesame&#34; &amp; &lt;more&gt;</td>"
                + "{\"v\":\"open \\\"sesame\\\" & <more>\"} [a, second-secret] x";
        assertThat(secrets.apply(page))
                .doesNotContain("sesame")
                .doesNotContain("second")
                .endsWith(" x");
    }

    @Test
    void what_is_not_there_stays_a_word() {
        Hashtable<String, Object> given = new Hashtable<>(Map.of("one", "${env:TARN_NO_SUCH_VARIABLE}"));
        new KeptSecrets().modifyConfiguration(null, given);
        assertThat(given).containsEntry("one", "${env:TARN_NO_SUCH_VARIABLE}");
    }
}
