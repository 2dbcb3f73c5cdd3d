// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Java's own deserialisation runs whatever the bytes say: no class of ours in the image so much as names it. */
class DeserialisationTest {
    private static final String FORBIDDEN = "java/io/ObjectInputStream";

    @Test
    void no_class_of_ours_reads_serialised_objects() throws IOException {
        List<Path> jars;
        try (Stream<Path> files = Files.walk(Tarn.IMAGE)) {
            jars = files.filter(file -> file.getFileName().toString().matches("tarn-.*\\.jar"))
                    .toList();
        }
        assertThat(jars).isNotEmpty();
        List<String> offenders = new ArrayList<>();
        int looked = 0;
        for (Path file : jars) {
            try (JarFile jar = new JarFile(file.toFile())) {
                for (JarEntry entry : jar.stream()
                        .filter(each -> each.getName().startsWith("dev/tarn/")
                                && each.getName().endsWith(".class"))
                        .toList()) {
                    looked++;
                    byte[] code = jar.getInputStream(entry).readAllBytes();
                    if (new String(code, StandardCharsets.ISO_8859_1).contains(FORBIDDEN)) {
                        offenders.add(file.getFileName() + " " + entry.getName());
                    }
                }
            }
        }
        assertThat(looked).isGreaterThan(300);
        assertThat(offenders).isEmpty();
    }
}
