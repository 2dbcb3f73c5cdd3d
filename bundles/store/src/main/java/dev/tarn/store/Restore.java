// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts a backup in the place of what a data directory has, all or nothing: it is unpacked and inspected beside the data, and
 * one rename decides. What comes after that rename is completed by whoever opens the directory next. What was there before
 * stays in a folder of its own. Blocks; the caller has locked the directory.
 */
final class Restore {

    private static final Logger LOG = LoggerFactory.getLogger(Restore.class);

    /** Where a backup is unpacked to; means nothing. */
    private static final String UNPACKED = "restoring";
    /** What is in here replaces what is beside it. */
    private static final String DECIDED = "restored";
    /** What was replaced is out of the way; what is in here moves to its place. */
    private static final String ARRIVING = "arriving";
    /** What was replaced, with a time. */
    private static final String REPLACED = "replaced-";

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss-SSS").withZone(ZoneOffset.UTC);

    private final Path directory;

    Restore(Path directory) {
        this.directory = directory;
    }

    /**
     * What a restore has done.
     *
     * @param replaced the folder with what was there before, or null when there was nothing
     */
    record Restored(
            Manifest manifest,
            Inspector.Findings findings,
            @Nullable Path replaced) {}

    /**
     * Restores a backup.
     *
     * @throws DamagedException when the backup is not sound; the directory is as it was then
     * @throws Failure UNSUPPORTED when another version of Tarn has to read it, UNAVAILABLE when it cannot be read or unpacked
     */
    Restored restore(Path file) {
        Path unpacked = directory.resolve(UNPACKED);
        try {
            finish(directory);
            delete(unpacked);
            try (BackupReader backup = BackupReader.open(file)) {
                backup.unpack(unpacked);
                Inspector.Findings findings = inspect(unpacked);
                Files.delete(unpacked.resolve(DirectoryLock.FILE));
                Durably.sync(unpacked);
                Files.move(unpacked, directory.resolve(DECIDED), StandardCopyOption.ATOMIC_MOVE);
                Durably.sync(directory);
                return new Restored(backup.manifest(), findings, finish(directory));
            } finally {
                delete(unpacked);
            }
        } catch (IOException e) {
            throw new Failure(Failure.Code.UNAVAILABLE, "the backup " + file + " could not be restored: " + e);
        }
    }

    /** @throws DamagedException when something in it does not fit together */
    static Inspector.Findings inspect(Path unpacked) {
        try (ClosedStore store = ClosedStore.open(unpacked)) {
            Inspector.Findings findings = store.inspect();
            if (findings.count() > 0) {
                throw new DamagedException(
                        "its content is damaged: " + findings.problems().get(0));
            }
            return findings;
        }
    }

    /**
     * Completes a restore that was decided, and removes what one has left that was not, before the directory is opened.
     *
     * @throws Failure UNAVAILABLE when that is not possible
     */
    static void complete(Path directory) {
        try {
            finish(directory);
            delete(directory.resolve(UNPACKED));
        } catch (IOException e) {
            throw new Failure(Failure.Code.UNAVAILABLE, "a restore of " + directory + " could not be completed: " + e);
        }
    }

    /**
     * Completes a restore that was decided, if there is one.
     *
     * @return the folder with what was there before, or null when there was nothing
     */
    private static @Nullable Path finish(Path directory) throws IOException {
        Path decided = directory.resolve(DECIDED);
        Path arriving = directory.resolve(ARRIVING);
        Path replaced = null;
        if (Files.isDirectory(decided)) {
            replaced = aside(directory);
            Files.move(decided, arriving, StandardCopyOption.ATOMIC_MOVE);
            Durably.sync(directory);
        }
        if (Files.isDirectory(arriving)) {
            for (Path entry : entries(arriving)) {
                Files.move(entry, directory.resolve(entry.getFileName()), StandardCopyOption.ATOMIC_MOVE);
            }
            Durably.sync(directory);
            delete(arriving);
            Durably.sync(directory);
            LOG.info("store=restored directory={} replaced={}", directory, replaced == null ? "nothing" : replaced);
        }
        return replaced;
    }

    /** Moves everything that belongs to the data into a folder of its own. */
    private static @Nullable Path aside(Path directory) throws IOException {
        Path replaced = null;
        for (Path entry : entries(directory)) {
            String name = entry.getFileName().toString();
            boolean ours =
                    List.of(DirectoryLock.FILE, DECIDED, ARRIVING, UNPACKED).contains(name);
            if (ours || name.startsWith(REPLACED)) {
                continue;
            }
            if (replaced == null) {
                replaced = Files.createDirectory(directory.resolve(REPLACED + TIME.format(Instant.now())));
            }
            Files.move(entry, replaced.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        }
        if (replaced != null) {
            Durably.sync(replaced);
        }
        Durably.sync(directory);
        return replaced;
    }

    private static List<Path> entries(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.toList();
        }
    }

    /** Removes a folder and what is in it, if it is there. */
    static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        List<Path> all;
        try (Stream<Path> walk = Files.walk(folder)) {
            all = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path each : all) {
            Files.delete(each);
        }
    }
}
