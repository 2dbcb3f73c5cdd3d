// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/** The folder that everything is kept in, held for this process alone while it is open. */
final class DataDirectory implements AutoCloseable {
    private static final String LOCK = "tarn.lock";

    private final Path folder;
    private final FileChannel channel;

    private DataDirectory(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /** Makes the folder if need be, for its owner alone, and takes it. Fails with a {@link Refusal}. */
    static DataDirectory open(Path folder) {
        FileChannel channel = null;
        try {
            Files.createDirectories(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            channel = FileChannel.open(
                    folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            FileLock lock = channel.tryLock();
            if (lock == null) {
                String holder = holder(channel);
                channel.close();
                throw Refusal.failed("data directory " + folder + " is in use by another Tarn" + holder
                        + "; stop it or choose another with --data");
            }
            channel.truncate(0);
            channel.write(
                    StandardCharsets.US_ASCII.encode(ProcessHandle.current().pid() + "\n"));
            return new DataDirectory(folder, channel);
        } catch (IOException | OverlappingFileLockException failure) {
            close(channel);
            throw Refusal.failed("data directory " + folder + " cannot be used: " + Cause.line(failure)
                    + "; choose another with --data");
        }
    }

    /** Whether a process has taken it. */
    static boolean inUse(Path folder) {
        Path lock = folder.resolve(LOCK);
        if (!Files.isRegularFile(lock)) {
            return false;
        }
        // A shared lock needs no more than the right to read, and is refused while a node has its exclusive one.
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.READ);
                FileLock free = channel.tryLock(0, Long.MAX_VALUE, true)) {
            return free == null;
        } catch (IOException | OverlappingFileLockException failure) {
            throw Refusal.failed("data directory " + folder + " cannot be looked at: " + Cause.line(failure));
        }
    }

    private static String holder(FileChannel channel) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(32);
        channel.read(bytes, 0);
        String pid = StandardCharsets.US_ASCII.decode(bytes.flip()).toString().trim();
        return pid.matches("\\d+") ? " (process " + pid + ")" : "";
    }

    private static void close(@Nullable FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException failure) {
            throw Refusal.failed("the lock of the data directory cannot be let go: " + Cause.line(failure));
        }
    }

    Path folder() {
        return folder;
    }

    @Override
    public void close() {
        close(channel);
    }
}
