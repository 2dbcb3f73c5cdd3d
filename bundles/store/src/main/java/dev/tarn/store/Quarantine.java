// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A data directory that is damaged beyond what can be repaired is left as it is, but for what was never finished, for whoever
 * can save something from it, and marked by a file that says why: no store opens it again until that file is gone.
 */
final class Quarantine {

    /** The file that marks a directory. */
    static final String FILE = "quarantine";

    private static final Logger LOG = LoggerFactory.getLogger(Quarantine.class);

    private Quarantine() {}

    /** @throws Failure UNAVAILABLE when the directory is marked */
    static void check(Path directory) {
        Path file = directory.resolve(FILE);
        if (!Files.exists(file)) {
            return;
        }
        String why;
        try {
            why = Files.readString(file, StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            why = "its mark cannot be read: " + e.getMessage();
        }
        throw refusal(directory, why);
    }

    /** Marks the directory and returns what to say. */
    static Failure mark(Path directory, String why) {
        Path file = directory.resolve(FILE);
        String text = Instant.now() + " " + why.replaceAll("\\s+", " ");
        try {
            Files.writeString(file, text + "\n", StandardCharsets.UTF_8);
            Durably.sync(file);
            Durably.sync(directory);
        } catch (IOException e) {
            LOG.warn("{} could not be written", file, e);
        }
        LOG.error(
                "store=quarantined directory={} reason=\"{}\" action=\"restore a backup; what is in the directory stays\"",
                directory,
                why);
        return refusal(directory, text);
    }

    private static Failure refusal(Path directory, String why) {
        return new Failure(
                Failure.Code.UNAVAILABLE,
                "the data in " + directory + " is in quarantine (" + why
                        + "); restore a backup with tarn restore, or remove " + directory.resolve(FILE)
                        + " to try once more to open it");
    }
}
