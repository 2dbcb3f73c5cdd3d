// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Reads the lines of a corpus: columns between {@code |}, comments after {@code //}. */
final class CorpusFile {

    private CorpusFile() {}

    /**
     * The lines of a file among the resources, each with so many columns.
     *
     * @throws IllegalArgumentException when a line has more or fewer, or two lines begin with the same two columns
     */
    static List<String[]> lines(String name, int columns) {
        try (InputStream in = CorpusFile.class.getResourceAsStream(name)) {
            String text = new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
            List<String[]> lines = new ArrayList<>();
            Set<String> names = new HashSet<>();
            for (String line : text.lines().toList()) {
                if (line.isBlank() || line.startsWith("//")) {
                    continue;
                }
                String[] parts = line.split("\\s\\|\\s", -1);
                if (parts.length != columns) {
                    throw new IllegalArgumentException(columns + " columns, not: " + line);
                }
                for (int i = 0; i < columns; i++) {
                    parts[i] = parts[i].strip();
                }
                if (!names.add(parts[0] + " | " + parts[1])) {
                    throw new IllegalArgumentException("twice: " + parts[0] + " | " + parts[1]);
                }
                lines.add(parts);
            }
            return lines;
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
