// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import jetbrains.exodus.log.LogUtil;

/** The environment's files seen as one long range of bytes, without the environment. */
final class FileSet {

    private static final int PART = 1 << 20;

    private final Path directory;
    private final long fileBytes;

    FileSet(Path directory, long fileBytes) {
        this.directory = directory;
        this.fileBytes = fileBytes;
    }

    /** The size of a file that is full. */
    long fileBytes() {
        return fileBytes;
    }

    private Path file(long address) {
        return directory.resolve(LogUtil.getLogFilename(address - address % fileBytes));
    }

    /** The name of the file that begins at this address. */
    String name(long address) {
        return String.valueOf(file(address).getFileName());
    }

    /** The addresses at which files begin, the first one first. */
    List<Long> addresses() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(LogUtil.LOG_FILE_EXTENSION))
                    .map(LogUtil::getAddress)
                    .sorted()
                    .toList();
        }
    }

    /** Where the last file ends; 0 when there is none. */
    long end() throws IOException {
        List<Long> addresses = addresses();
        if (addresses.isEmpty()) {
            return 0;
        }
        long last = addresses.get(addresses.size() - 1);
        return last + Files.size(file(last));
    }

    /** Forces the last files, the only ones that may not have been forced when they were left, and the directory. */
    void sync() throws IOException {
        for (long address : last()) {
            Durably.sync(file(address));
        }
        Durably.sync(directory);
    }

    /** The file that was written last, those that waited to be forced then, and the one that may have been. */
    private List<Long> last() throws IOException {
        List<Long> addresses = addresses();
        return addresses.subList(Math.max(0, addresses.size() - SafeDataWriter.FULL - 2), addresses.size());
    }

    /**
     * Writes the last files once more, as they are: after a failed sync, the operating system may take their pages in memory for
     * clean although they never reached the disk, and would not force them otherwise.
     */
    void rewrite() throws IOException {
        for (long address : last()) {
            byte[] bytes = read(address);
            try (RandomAccessFile file = new RandomAccessFile(file(address).toFile(), "rw")) {
                file.write(bytes);
                file.getFD().sync();
            }
        }
    }

    /** The bytes of a whole file. */
    byte[] read(long address) throws IOException {
        return Files.readAllBytes(file(address));
    }

    /**
     * The bytes from one address up to another.
     *
     * @throws IOException when some are not there
     */
    byte[] read(long from, long to) throws IOException {
        byte[] bytes = new byte[Math.toIntExact(to - from)];
        int done = 0;
        while (done < bytes.length) {
            long address = from + done;
            int inFile = (int) Math.min(bytes.length - done, fileBytes - address % fileBytes);
            try (RandomAccessFile file = new RandomAccessFile(file(address).toFile(), "r")) {
                file.seek(address % fileBytes);
                file.readFully(bytes, done, inFile);
            }
            done += inFile;
        }
        return bytes;
    }

    /** The CRC-32C of the bytes from one address up to another, read a part at a time. */
    int checksum(long from, long to) throws IOException {
        CRC32C crc = new CRC32C();
        for (long at = from; at < to; at += PART) {
            byte[] bytes = read(at, Math.min(to, at + PART));
            crc.update(bytes, 0, bytes.length);
        }
        return (int) crc.getValue();
    }

    /** Makes this address the end: shortens the file that has it, removes those after it, and forces that to the disk. */
    void truncate(long address) throws IOException {
        List<Path> removed = new ArrayList<>();
        for (long start : addresses()) {
            if (start >= address) {
                removed.add(file(start));
            } else if (start + fileBytes > address) {
                try (RandomAccessFile file = new RandomAccessFile(file(start).toFile(), "rw")) {
                    file.setLength(address - start);
                    file.getFD().sync();
                }
            }
        }
        for (Path file : removed) {
            Files.delete(file);
        }
        Durably.sync(directory);
    }
}
