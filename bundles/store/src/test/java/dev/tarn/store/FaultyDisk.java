// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.AsynchronousFileChannel;
import java.util.concurrent.atomic.AtomicReference;
import jetbrains.exodus.io.FileDataReader;

/** A real disk that fails when it is told to, with the words of Linux. */
final class FaultyDisk extends SafeDataWriter {

    /** What the disk does. */
    static final class Switch {
        /** Why appending fails, after half of it was written; empty while it works. */
        final AtomicReference<String> append = new AtomicReference<>("");
        /** Why forcing fails; empty while it works. */
        final AtomicReference<String> force = new AtomicReference<>("");
        /** Runs before a file is shortened, while a transaction is taken back. */
        final AtomicReference<Runnable> truncating = new AtomicReference<>(() -> {});

        FaultyDisk of(FileDataReader reader) {
            return new FaultyDisk(reader, this);
        }
    }

    private final Switch faults;

    private FaultyDisk(FileDataReader reader, Switch faults) {
        super(reader);
        this.faults = faults;
    }

    @Override
    void append(RandomAccessFile file, byte[] bytes, int from, int count) throws IOException {
        String fault = faults.append.get();
        if (!fault.isEmpty()) {
            super.append(file, bytes, from, count / 2);
            throw new IOException(fault);
        }
        super.append(file, bytes, from, count);
    }

    @Override
    public void truncateBlock(long address, long length) {
        faults.truncating.get().run();
        super.truncateBlock(address, length);
    }

    @Override
    void force(AsynchronousFileChannel channel) throws IOException {
        String fault = faults.force.get();
        if (!fault.isEmpty()) {
            throw new IOException(fault);
        }
        super.force(channel);
    }
}
