// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** Reads a backup and believes only what has the hash that its manifest says. Blocks; for one thread. */
final class BackupReader implements AutoCloseable {

    /** Far more than the manifest of a backup that fits a disk. */
    private static final int LONGEST_MANIFEST = 256 << 20;

    private static final int BUFFER = 1 << 16;

    private final ZipFile zip;
    private final Manifest manifest;

    private BackupReader(ZipFile zip, Manifest manifest) {
        this.zip = zip;
        this.manifest = manifest;
    }

    /**
     * Opens a backup and checks its manifest.
     *
     * @throws DamagedException when it is not a backup, or not whole
     * @throws Failure UNSUPPORTED when another version of Tarn has to read it
     */
    static BackupReader open(Path file) throws IOException {
        ZipFile zip = zip(file);
        boolean opened = false;
        try {
            ZipEntry entry = zip.getEntry(Manifest.NAME);
            if (entry == null) {
                throw new DamagedException("it has no manifest");
            }
            byte[] bytes;
            try (InputStream in = zip.getInputStream(entry)) {
                bytes = in.readNBytes(LONGEST_MANIFEST);
            } catch (ZipException e) {
                throw new DamagedException("its manifest cannot be unpacked: " + e.getMessage());
            }
            BackupReader reader = new BackupReader(zip, Manifest.read(bytes));
            opened = true;
            return reader;
        } finally {
            if (!opened) {
                zip.close();
            }
        }
    }

    private static ZipFile zip(Path file) throws IOException {
        try {
            return new ZipFile(file.toFile());
        } catch (ZipException e) {
            throw new DamagedException("it is not a whole zip file: " + e.getMessage());
        }
    }

    Manifest manifest() {
        return manifest;
    }

    /**
     * Unpacks everything into a new directory and forces it to the disk, as a data directory that was closed in order.
     *
     * @throws DamagedException when a file is not what the manifest says
     */
    void unpack(Path directory) throws IOException {
        Files.createDirectories(directory.resolve(DirectoryFormat.FILES));
        for (Manifest.Part part : manifest.parts()) {
            Path file = directory.resolve(part.name());
            try (OutputStream out =
                    Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                copy(part, out);
            }
            Durably.sync(file);
        }
        Durably.sync(directory.resolve(DirectoryFormat.FILES));
        new StopState(StopState.How.CLOSED, "", manifest.end()).write(directory);
    }

    private void copy(Manifest.Part part, OutputStream out) throws IOException {
        ZipEntry entry = zip.getEntry(part.name());
        if (entry == null) {
            throw new DamagedException(part.name() + " is not in it");
        }
        MessageDigest digest = Manifest.digest();
        byte[] buffer = new byte[BUFFER];
        long length = 0;
        try (InputStream in = zip.getInputStream(entry)) {
            for (int count = in.read(buffer); count > 0 && length <= part.length(); count = in.read(buffer)) {
                digest.update(buffer, 0, count);
                out.write(buffer, 0, count);
                length += count;
            }
        } catch (ZipException e) {
            throw new DamagedException(part.name() + " cannot be unpacked: " + e.getMessage());
        }
        if (length != part.length()
                || !HexFormat.of().formatHex(digest.digest()).equals(part.hash())) {
            throw new DamagedException(part.name() + " is not what its hash says");
        }
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
