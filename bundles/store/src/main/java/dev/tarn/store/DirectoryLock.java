// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to use a data directory, held by one store of one process. Within this process a set says who has it, since
 * the operating system drops a lock when any descriptor of the file is closed.
 */
final class DirectoryLock implements AutoCloseable {

    static final String FILE = "lock";

    private static final Logger LOG = LoggerFactory.getLogger(DirectoryLock.class);
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path directory;
    private final FileChannel channel;

    private DirectoryLock(Path directory, FileChannel channel) {
        this.directory = directory;
        this.channel = channel;
    }

    /**
     * Takes the directory, which is made if it is not there.
     *
     * @throws Failure UNAVAILABLE when another store has it, or when it cannot be written
     */
    static DirectoryLock take(Path directory) {
        Path real;
        try {
            Files.createDirectories(directory);
            real = directory.toRealPath();
        } catch (IOException e) {
            throw new Failure(Failure.Code.UNAVAILABLE, "data directory " + directory + " cannot be made: " + e);
        }
        if (!HELD.add(real)) {
            throw new Failure(
                    Failure.Code.UNAVAILABLE, "data directory " + real + " is in use by another store of this process");
        }
        DirectoryLock lock = null;
        try {
            lock = locked(real);
        } finally {
            if (lock == null) {
                HELD.remove(real);
            }
        }
        return lock;
    }

    /** Whether a store of this process has a directory. */
    static boolean held() {
        return !HELD.isEmpty();
    }

    /** Whether somebody uses the directory now; false when there is none. */
    static boolean used(Path directory) {
        Path file = directory.resolve(FILE);
        if (!Files.exists(file)) {
            return false;
        }
        try {
            if (HELD.contains(directory.toRealPath())) {
                return true;
            }
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                return tryLock(channel) == null;
            }
        } catch (IOException e) {
            throw new Failure(Failure.Code.UNAVAILABLE, "data directory " + directory + " cannot be locked: " + e);
        }
    }

    private static DirectoryLock locked(Path directory) {
        Path file = directory.resolve(FILE);
        try {
            FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (tryLock(channel) == null) {
                String owner = owner(channel);
                channel.close();
                throw new Failure(
                        Failure.Code.UNAVAILABLE,
                        "data directory " + directory + " is in use by another process" + owner
                                + "; stop that one or choose another directory");
            }
            sign(channel);
            return new DirectoryLock(directory, channel);
        } catch (IOException e) {
            throw new Failure(Failure.Code.UNAVAILABLE, "data directory " + directory + " cannot be locked: " + e);
        }
    }

    /** Says who has the lock, which holds without that too, as on a full disk. */
    private static void sign(FileChannel channel) {
        byte[] pid = Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII);
        try {
            channel.write(ByteBuffer.wrap(pid), 0);
            channel.truncate(pid.length);
        } catch (IOException e) {
            LOG.warn("the lock does not say which process has it: {}", e.getMessage());
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            // Another class loader of this process holds it.
            return null;
        }
    }

    private static String owner(FileChannel channel) throws IOException {
        ByteBuffer content = ByteBuffer.allocate(20);
        channel.read(content, 0);
        String pid = new String(content.array(), 0, content.position(), StandardCharsets.US_ASCII);
        return pid.matches("\\d+") ? " (" + pid + ")" : "";
    }

    Path directory() {
        return directory;
    }

    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } finally {
            HELD.remove(directory);
        }
    }
}
