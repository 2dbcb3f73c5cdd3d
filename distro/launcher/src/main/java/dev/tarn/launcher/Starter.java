// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@code tarn init [folder] [javascript|java|tables]}: a small application that runs, to be changed into one's own. */
final class Starter {
    private static final Map<String, List<String>> KINDS = Map.of(
            "javascript", List.of("config.yaml", "schema.graphql", "resources.js", "README.md"),
            "java", List.of("build.sh", "src/Readings.java", "src/ReadingsRule.java", "README.md"),
            "tables", List.of("config.yaml", "schema.graphql", "web/index.html", "README.md"));

    private Starter() {}

    /** Writes the files and tells which. Fails with a {@link Refusal}; never overwrites a file. */
    static void make(List<String> words, Path home, PrintStream out) {
        if (words.size() > 2) {
            throw Refusal.usage("'tarn init' does not know what to do with '" + words.get(2) + "'");
        }
        Path folder =
                Path.of(words.isEmpty() ? "." : words.get(0)).toAbsolutePath().normalize();
        String kind = words.size() < 2 ? "javascript" : words.get(1).toLowerCase(Locale.ROOT);
        List<String> files = KINDS.get(kind);
        if (files == null) {
            throw Refusal.usage("'tarn init' makes javascript, java or tables, not '" + words.get(1) + "'");
        }
        for (String file : files) {
            if (Files.exists(folder.resolve(file))) {
                throw Refusal.usage(folder.resolve(file) + " is there already; name another folder");
            }
        }
        try {
            for (String file : files) {
                Path to = folder.resolve(file);
                Files.createDirectories(to.getParent());
                Files.writeString(to, text(kind + "/" + file).replace("${tarn}", home.toString()));
                if (file.endsWith(".sh") && !to.toFile().setExecutable(true)) {
                    out.println(to + " is to be made executable");
                }
                out.println(to);
            }
        } catch (IOException failure) {
            throw Refusal.failed(folder + " cannot be written: " + Cause.line(failure));
        }
        out.println("now: " + (kind.equals("java") ? folder.resolve("build.sh") + " && " : "")
                + home.resolve("bin/tarn") + " dev " + (kind.equals("java") ? folder.resolve("app") : folder));
    }

    private static String text(String name) throws IOException {
        try (InputStream file = Starter.class.getResourceAsStream("init/" + name)) {
            if (file == null) {
                throw new IOException(name + " is not in the launcher");
            }
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
