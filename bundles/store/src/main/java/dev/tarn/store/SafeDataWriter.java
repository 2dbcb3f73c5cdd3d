// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import jetbrains.exodus.ExodusException;
import jetbrains.exodus.OutOfDiskSpaceException;
import jetbrains.exodus.io.AbstractDataWriter;
import jetbrains.exodus.io.Block;
import jetbrains.exodus.io.FileDataReader;
import jetbrains.exodus.io.FileDataWriter;
import jetbrains.exodus.io.RemoveBlockType;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends to the environment's files. Unlike the writer that comes with Xodus 2.0.1 it cannot be interrupted into closing
 * its channel and skipping a sync, and it syncs the directory for each new file. Written by the committer thread and the
 * garbage collector, which never wait for the disk unless many files have become full meanwhile; synced by the sync thread. What
 * fails is remembered and not thrown where Xodus would give up reading because of it.
 */
class SafeDataWriter extends AbstractDataWriter {

    private static final Logger LOG = LoggerFactory.getLogger(SafeDataWriter.class);
    private static final long RESERVE = 4_096;

    /** After so long a transaction has been taken back, even if the disk has to be waited for. */
    private static final long TAKING_BACK_NANOS = TimeUnit.SECONDS.toNanos(2);

    /** Full files that may wait to be forced; for the next one, whoever writes waits for the disk. */
    static final int FULL = 4;

    private final FileDataReader reader;
    private final Path directory;

    /** Removes and truncates, since only it can forget the descriptors that readers share. */
    private final FileDataWriter files;

    private final WrittenRange written = new WrittenRange();
    private final Queue<Removable> removable = new ConcurrentLinkedQueue<>();
    private volatile long sealed;

    /** Nothing is removed meanwhile, though the environment may have forgotten it. */
    private volatile boolean keeping;

    /** While the environment is opened, which drops what it cannot read: where what must be there ends. */
    private volatile long floor;

    /** Which files have to be there; null while the environment is opened. */
    private volatile @Nullable FileList list;

    private volatile long synced;
    private volatile @Nullable IOException failure;

    /** Why nothing may be written yet, though everything can be read. */
    private volatile @Nullable IOException held;

    private volatile @Nullable OpenFile current;

    /** Whether the disk ever refused a write, and when that was the last time. */
    private volatile boolean refused;

    private volatile long refusedAt;

    /** Files that became full and are not forced yet, the oldest first. */
    private final Queue<OpenFile> full = new ArrayBlockingQueue<>(FULL);

    /** The disk does not take what is written, for another reason than being full. */
    static final class Unwritable extends ExodusException {
        private static final long serialVersionUID = 1L;

        Unwritable(String message, IOException cause) {
            super(message, cause);
        }
    }

    /** A file without content, and the end of the files when that became so. */
    private record Removable(long address, long end) {}

    /** Written through one descriptor that no interrupt closes, synced through another of that kind. */
    private record OpenFile(FileDataReader.FileBlock block, RandomAccessFile file, AsynchronousFileChannel channel)
            implements AutoCloseable {
        @Override
        public void close() throws IOException {
            try (file) {
                channel.close();
            }
        }
    }

    SafeDataWriter(FileDataReader reader) {
        this.reader = reader;
        this.directory = reader.getDir().toPath();
        this.files = new FileDataWriter(reader);
    }

    private OpenFile open() {
        OpenFile open = current;
        if (open == null) {
            throw new ExodusException("no file is open for writing");
        }
        return open;
    }

    @Override
    public Block write(byte[] bytes, int from, int count) {
        OpenFile open = open();
        // After a failure to force, a transaction that was begun before is written to its end: none of it counts any
        // more, and
        // to take it back would only disturb those who read.
        IOException early = held;
        if (early != null) {
            throw refused(early, count);
        }
        try {
            append(open.file(), bytes, from, count);
            written.add(bytes, from, count);
        } catch (IOException e) {
            throw refused(e, count);
        }
        return open.block();
    }

    private ExodusException refused(IOException e, long wanted) {
        refusedAt = System.nanoTime();
        refused = true;
        return failed(e, wanted);
    }

    /**
     * Whether the environment may just be taking back a transaction that the disk did not take. Until it has, it believes that its
     * files end later than they do, and who reads what the last transaction before that one wrote is told that it is not there.
     */
    boolean takesBack() {
        return refused && System.nanoTime() - refusedAt < TAKING_BACK_NANOS;
    }

    /** Appends to a file. */
    void append(RandomAccessFile file, byte[] bytes, int from, int count) throws IOException {
        file.write(bytes, from, count);
    }

    /** Forces a file to the disk. */
    void force(AsynchronousFileChannel channel) throws IOException {
        channel.force(false);
    }

    /** Writes nothing until this is called with null; on any thread. */
    void hold(@Nullable IOException why) {
        held = why;
    }

    /** Tells a full disk from a broken one. */
    ExodusException failed(IOException e, long wanted) {
        String message = String.valueOf(e.getMessage());
        boolean full = message.contains("No space left") || message.contains("quota");
        if (full || directory.toFile().getUsableSpace() < wanted + RESERVE) {
            return new OutOfDiskSpaceException(e);
        }
        return new Unwritable("cannot write to " + directory, e);
    }

    /**
     * Does nothing: Xodus calls it while it keeps writers out, for a file that has become full and before it removes files.
     * The former is {@link #force}d before anything in it is acknowledged, the latter wait for a seal.
     */
    @Override
    protected void syncImpl() {}

    /** Forces all that is written to the disk, or remembers why that failed. One thread at a time, which is the sync thread's. */
    void force() {
        // What was written before this moment is in the file that is open after it, or in one that became full before.
        long end = written.end();
        OpenFile open = current;
        for (OpenFile next = full.poll(); next != null; next = full.poll()) {
            try (OpenFile closing = next) {
                force(closing);
            } catch (IOException e) {
                failure = e;
            }
        }
        if (open != null) {
            force(open);
        }
        if (failure == null) {
            synced = Math.max(synced, end);
        }
    }

    private void force(OpenFile file) {
        if (failure != null) {
            return;
        }
        try {
            force(file.channel());
        } catch (ClosedChannelException e) {
            if (file.equals(current)) {
                failure = e;
            }
            // Otherwise whoever wrote has closed it meanwhile, and forced it before.
        } catch (IOException e) {
            failure = e;
        }
    }

    @Override
    public void syncDirectory() {
        try {
            Durably.sync(directory);
        } catch (IOException e) {
            failure = e;
        }
    }

    @Override
    protected void closeImpl() {
        OpenFile open = open();
        if (full.offer(open)) {
            current = null;
            return;
        }
        try (open) {
            if (failure == null) {
                force(open.channel());
            }
            current = null;
        } catch (IOException e) {
            failure = e;
            current = null;
        }
    }

    @Override
    protected void clearImpl() {
        throw new UnsupportedOperationException("the store never clears its files");
    }

    @Override
    protected Block openOrCreateBlockImpl(long address, long length) {
        FileDataReader.FileBlock block = new FileDataReader.FileBlock(address, reader);
        try {
            RandomAccessFile file = new RandomAccessFile(block, "rw");
            AsynchronousFileChannel channel =
                    AsynchronousFileChannel.open(block.toPath(), StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (file.length() != length) {
                file.setLength(length);
                channel.force(true);
            }
            file.seek(length);
            written.at(address, length);
            current = new OpenFile(block, file, channel);
        } catch (IOException e) {
            throw refused(e, 0);
        }
        return block;
    }

    @Override
    public void removeBlock(long address, RemoveBlockType type) {
        check(address);
        if (address < sealed || keeping) {
            // Files that the garbage collector has emptied, by transactions that no durable seal covers yet.
            removable.add(new Removable(address, written.end()));
        } else {
            remove(address);
        }
    }

    /** A file that stays is emptied when it is written again, or the garbage collector meets it after the next start. */
    private void remove(long address) {
        try {
            FileList listed = list;
            if (listed != null) {
                listed.removing(address);
            }
            files.removeBlock(address, RemoveBlockType.Delete);
        } catch (IOException | RuntimeException e) {
            LOG.warn("a file that is not needed could not be removed: {}", e.getMessage());
        }
    }

    /** What was written since the last call. On the committer thread, between transactions. */
    List<Seal.Segment> segments(FileSet set) throws IOException {
        List<Seal.Segment> segments = written.take(set::checksum);
        if (!segments.isEmpty()) {
            sealed = segments.get(segments.size() - 1).to();
        }
        return segments;
    }

    /** A seal up to this address is on the disk: files that were emptied before it may go. */
    void sealed(long address) {
        for (Removable next = removable.peek();
                next != null && next.end() <= address && !keeping;
                next = removable.peek()) {
            removable.remove();
            remove(next.address());
        }
    }

    /** Keeps files that were emptied until this is called with false; on any thread. */
    void keep(boolean files) {
        keeping = files;
    }

    /** Where writing goes on. */
    long end() {
        return written.end();
    }

    /** Everything before this address is on the disk; only the sync thread moves it, so that it may be behind. */
    long synced() {
        return synced;
    }

    /** The first time that the disk did not take what was written; null while all is well. */
    @Nullable
    IOException failure() {
        return failure;
    }

    /** Whether emptied files wait for a seal, or full ones to be forced. */
    boolean filesWait() {
        return !removable.isEmpty() || !full.isEmpty();
    }

    /** When that fails, the file is shortened when it is opened for writing the next time. */
    @Override
    @SuppressWarnings("CatchingUnchecked") // Kotlin throws checked exceptions that it does not declare.
    public void truncateBlock(long address, long length) {
        check(address + length);
        try {
            files.truncateBlock(address, length);
        } catch (Exception e) {
            LOG.warn("a file could not be shortened: {}", e.toString());
        }
    }

    /** The environment is being opened and must not shorten its files below this address. */
    void opening(long address) {
        floor = address;
    }

    private void check(long end) {
        if (end < floor) {
            throw new DamagedException("what is needed to read its files is damaged before address " + floor);
        }
    }

    /** The environment is open; everything before this address is on the disk already. */
    void opened(long address, FileList files) {
        list = files;
        floor = 0;
        sealed = address;
        synced = address;
    }

    /** The lock is {@link DirectoryLock}'s, taken before this writer is made. */
    @Override
    public boolean lock(long timeout) {
        return true;
    }

    @Override
    public boolean release() {
        return true;
    }

    @Override
    public String lockInfo() {
        return DirectoryLock.FILE + " in " + directory;
    }
}
