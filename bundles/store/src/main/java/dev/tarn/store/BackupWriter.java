// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a backup: a zip of the data directory's files up to one point, their hashes in a manifest at its end. It is there
 * under its name when it is whole and on the disk, and never else. Blocks; for one thread.
 */
final class BackupWriter {

    private static final Logger LOG = LoggerFactory.getLogger(BackupWriter.class);

    /** What a backup leaves free on the disk that the store itself writes to. */
    private static final long RESERVE = 64L << 20;

    private final Path target;
    private final Runnable going;

    /**
     * @param target the file to write
     * @param going run before each file and at the end; what it throws makes the backup fail
     */
    BackupWriter(Path target, Runnable going) {
        this.target = target.toAbsolutePath().normalize();
        this.going = going;
    }

    /**
     * Refuses early what would be refused in the end.
     *
     * @throws Failure CONFLICT when the file is there already, NOT_FOUND when its folder is not
     */
    void check() {
        if (Files.exists(target)) {
            throw new Failure(
                    Failure.Code.CONFLICT,
                    target + " exists already, and a backup replaces nothing; choose another name");
        }
        Path folder = target.getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new Failure(Failure.Code.NOT_FOUND, "there is no folder " + folder + " to write a backup to");
        }
    }

    /**
     * Writes everything that is before the point.
     *
     * @throws Failure FULL when the disk has no room, UNAVAILABLE when the files cannot be read or written
     */
    Manifest write(BackupPoint point) {
        check();
        Path folder = target.resolveSibling("");
        Path part = null;
        try {
            // For its owner alone, since the users' password hashes are in it.
            part = Files.createTempFile(folder, target.getFileName() + ".", ".part");
            Manifest manifest = write(point, part);
            going.run();
            Files.move(part, target);
            Durably.sync(folder);
            part = null;
            return manifest;
        } catch (FileAlreadyExistsException e) {
            throw new Failure(Failure.Code.CONFLICT, target + " was made by somebody else meanwhile");
        } catch (IOException e) {
            throw failed(e);
        } finally {
            if (part != null) {
                remove(part);
            }
        }
    }

    private static void remove(Path part) {
        try {
            Files.deleteIfExists(part);
        } catch (IOException e) {
            LOG.warn("file={} of a backup that was not finished could not be removed: {}", part, e.getMessage());
        }
    }

    private Failure failed(IOException e) {
        String message = String.valueOf(e.getMessage());
        boolean full = message.contains("No space left") || message.contains("quota");
        return full
                ? full()
                : new Failure(Failure.Code.UNAVAILABLE, "the backup " + target + " could not be written: " + e);
    }

    private Failure full() {
        return new Failure(
                Failure.Code.FULL, "no space is left for the backup " + target + "; make room or choose another disk");
    }

    private Manifest write(BackupPoint point, Path file) throws IOException {
        boolean shared = Files.getFileStore(target.resolveSibling("")).equals(Files.getFileStore(point.directory()));
        List<Manifest.Part> parts = new ArrayList<>();
        Manifest manifest;
        try (ZipOutputStream zip =
                new ZipOutputStream(new BufferedOutputStream(Files.newOutputStream(file), 1 << 16))) {
            zip.setLevel(Deflater.BEST_SPEED);
            Instant made = Instant.now();
            byte[] format = Files.readAllBytes(point.directory().resolve(DirectoryFormat.FILE));
            parts.add(add(zip, DirectoryFormat.FILE, format));
            for (long address : point.addresses()) {
                going.run();
                if (shared && file.toFile().getUsableSpace() < RESERVE) {
                    throw full();
                }
                parts.add(add(zip, BackupPoint.name(address), point.read(address)));
            }
            manifest = new Manifest(made, DirectoryFormat.FORMAT, point.sequence(), point.end(), parts);
            add(zip, Manifest.NAME, manifest.write());
        }
        Durably.sync(file);
        return manifest;
    }

    private static Manifest.Part add(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(bytes);
        zip.closeEntry();
        return new Manifest.Part(name, bytes.length, Manifest.hash(bytes));
    }
}
