// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * The configuration, read and checked.
 *
 * @param cache bytes for pages of the files
 * @param rowCache bytes for rows
 * @param body the most bytes of a body
 * @param scrub in how long all files are read in search of damage; empty for never
 */
record Settings(
        Path directory,
        long cache,
        long rowCache,
        int body,
        WriteQueue.Limits queue,
        Retention.Limits log,
        Intake.Limits intake,
        Optional<Duration> scrub) {

    /** The most chunks of all contents together that wait for the disk. */
    private static final long CHUNKS = 256;

    private static final String OFF = "off";

    private static final String PID = "dev.tarn.store: ";

    /** @throws IllegalArgumentException naming the key that makes no sense */
    static Settings of(XodusStore.Config config) {
        long heap = Runtime.getRuntime().maxMemory();
        if (config.directory().isBlank()) {
            throw new IllegalArgumentException(PID + "directory must not be empty");
        }
        long body = size("bodyLimit", config.bodyLimit(), 0);
        if (body > Integer.MAX_VALUE - 64) {
            throw new IllegalArgumentException(PID + "bodyLimit must be below 2GB");
        }
        return new Settings(
                Path.of(config.directory()),
                size("cache", config.cache(), heap / 4),
                size("rowCache", config.rowCache(), heap / 8),
                (int) body,
                new WriteQueue.Limits(
                        positive("queuedWrites", config.queuedWrites()),
                        size("queuedSize", config.queuedSize(), 0),
                        positive("batchWrites", config.batchWrites())),
                new Retention.Limits(
                        Units.duration(PID + "logAge", config.logAge()),
                        size("logSize", config.logSize(), 0),
                        size("logSizeKept", config.logSizeKept(), 0)),
                new Intake.Limits(
                        size("contentLimit", config.contentLimit(), 0),
                        positive("uploads", config.uploads()),
                        (int) Math.max(8, Math.min(CHUNKS, heap / 16 / ChunkStore.CHUNK)),
                        Units.duration(PID + "contentPatience", config.contentPatience())),
                scrub(config.scrubEvery()));
    }

    private static Optional<Duration> scrub(String every) {
        if (every.strip().equalsIgnoreCase(OFF)) {
            return Optional.empty();
        }
        Duration duration = Units.duration(PID + "scrubEvery", every);
        if (duration.isZero()) {
            throw new IllegalArgumentException(PID + "scrubEvery must be positive, or off");
        }
        return Optional.of(duration);
    }

    private static long size(String key, String text, long automatic) {
        if (automatic > 0 && text.strip().equalsIgnoreCase(Units.AUTO)) {
            return automatic;
        }
        long bytes = Units.bytes(PID + key, text);
        if (bytes <= 0) {
            throw new IllegalArgumentException(PID + key + " must be positive");
        }
        return bytes;
    }

    private static int positive(String key, int value) {
        if (value <= 0) {
            throw new IllegalArgumentException(PID + key + " must be positive, not " + value);
        }
        return value;
    }
}
