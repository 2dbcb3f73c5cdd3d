// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.itest.probe.Mirror;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Messages of many lengths through the image and back, with npm's {@code ws}, in each way it can offer to compress them. */
@Tag("clients")
class CompressedSocketsTest {
    @TempDir
    Path folder;

    @Test
    void what_is_sent_comes_back_however_it_is_compressed() throws Exception {
        // Of its own: another process may be installing what other tests need.
        Path scripts = Files.createDirectories(Path.of(System.getProperty("tarn.clients"), "compressed"));
        for (String name : List.of("package.json", "ws-deflate.js")) {
            Files.copy(Path.of("src/test/clients", name), scripts.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
        Tarn.run(List.of("npm", "install", "--no-audit", "--no-fund", "--prefix", scripts.toString()), 600);
        Path application = Files.createDirectories(folder.resolve("mirror"));
        Inside.write(application.resolve("mirror.jar"), new Manifest(), Mirror.class);
        try (Tarn tarn = Tarn.dev(folder.resolve("data"), application).ready()) {
            List<String> lines = Tarn.run(
                    List.of(
                            "node",
                            scripts.resolve("ws-deflate.js").toString(),
                            tarn.ws("/Mirror").toString(),
                            "60"),
                    300);
            lines.forEach(System.out::println);
            assertThat(lines).hasSize(8).allMatch(line -> line.contains("720 messages"));
            assertThat(lines.get(0)).contains("permessage-deflate");
        }
    }
}
