// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import jetbrains.exodus.ExodusException;
import jetbrains.exodus.OutOfDiskSpaceException;
import jetbrains.exodus.io.AbstractDataWriter;
import jetbrains.exodus.io.Block;
import jetbrains.exodus.io.FileDataReader;
import jetbrains.exodus.io.FileDataWriter;
import jetbrains.exodus.io.RemoveBlockType;
import org.jspecify.annotations.Nullable;

/**
 * Appends to the environment's files. Unlike the writer that comes with Xodus 2.0.1 it cannot be interrupted into closing
 * its channel and skipping a sync, and it syncs the directory for each new file. Written by the committer thread, synced by
 * the sync thread; a file is always synced before it is closed.
 */
final class SafeDataWriter extends AbstractDataWriter {

    private static final long RESERVE = 4_096;

    private final FileDataReader reader;
    private final Path directory;

    /** Removes and truncates, since only it can forget the descriptors that readers share. */
    private final FileDataWriter files;

    private volatile @Nullable OpenFile current;

    /** Written through one descriptor that no interrupt closes, synced through another of that kind. */
    private record OpenFile(FileDataReader.FileBlock block, RandomAccessFile file, AsynchronousFileChannel channel) {
        void close() throws IOException {
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
        try {
            open.file().write(bytes, from, count);
        } catch (IOException e) {
            throw failed(e, count);
        }
        return open.block();
    }

    /** Tells a full disk from a broken one. */
    private ExodusException failed(IOException e, long wanted) {
        String message = String.valueOf(e.getMessage());
        boolean full = message.contains("No space left") || message.contains("quota");
        if (full || directory.toFile().getUsableSpace() < wanted + RESERVE) {
            return new OutOfDiskSpaceException(e);
        }
        return new ExodusException("cannot write to " + directory, e);
    }

    @Override
    protected void syncImpl() {
        OpenFile open = current;
        if (open == null) {
            return;
        }
        try {
            open.channel().force(false);
        } catch (ClosedChannelException e) {
            if (open.equals(current)) {
                throw new UncheckedIOException("the file was closed by somebody else", e);
            }
            // The committer thread closed it meanwhile, and synced it before.
        } catch (IOException e) {
            throw new UncheckedIOException("cannot sync " + open.block(), e);
        }
    }

    @Override
    public void syncDirectory() {
        try {
            Durably.sync(directory);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot sync " + directory, e);
        }
    }

    @Override
    protected void closeImpl() {
        OpenFile open = open();
        try {
            open.channel().force(false);
            current = null;
            open.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot sync and close " + open.block(), e);
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
            current = new OpenFile(block, file, channel);
        } catch (IOException e) {
            throw failed(e, 0);
        }
        return block;
    }

    @Override
    public void removeBlock(long address, RemoveBlockType type) {
        files.removeBlock(address, type);
    }

    @Override
    public void truncateBlock(long address, long length) {
        files.truncateBlock(address, length);
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
