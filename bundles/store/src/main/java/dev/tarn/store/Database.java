// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Supplier;
import jetbrains.exodus.ArrayByteIterable;
import jetbrains.exodus.ByteIterable;
import jetbrains.exodus.ExodusException;
import jetbrains.exodus.OutOfDiskSpaceException;
import jetbrains.exodus.env.Cursor;
import jetbrains.exodus.env.EnvironmentConfig;
import jetbrains.exodus.env.EnvironmentImpl;
import jetbrains.exodus.env.Environments;
import jetbrains.exodus.env.Store;
import jetbrains.exodus.env.StoreConfig;
import jetbrains.exodus.env.Transaction;
import jetbrains.exodus.io.FileDataReader;
import jetbrains.exodus.log.LogConfig;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The open environment and the stores that every data directory has. Safe on any thread; one thread writes.
 */
final class Database implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Database.class);

    /** Between two attempts to read. */
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private static final int TRIES = 2_000;

    final EnvironmentImpl environment;
    final Store meta;
    final Store tables;
    final Store shapes;
    final Store log;
    final Store logByTable;
    final Store logByPath;
    final Store expiry;
    final Store chunks;
    final Store leavings;

    /** What the disk did not give back. */
    final ReadFaults readFaults = new ReadFaults();

    private final Place place;
    private volatile boolean fenced;

    /** Whether the directory says that a store is open. */
    private volatile boolean marked;

    /** Where the files are and who writes them. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Place(
            Path directory, FileSet files, FileList list, byte[] mark, SafeDataWriter writer, long opened) {
        /** Writes that a store is open. */
        void open() throws IOException {
            new StopState(StopState.How.OPEN, StopState.thisBoot(), opened).write(directory);
        }
    }

    private Database(EnvironmentImpl environment, Place place, Transaction transaction) {
        this.environment = environment;
        this.place = place;
        this.meta = store("meta", transaction);
        this.tables = store("tables", transaction);
        this.shapes = store("shapes", transaction);
        this.log = store("log", transaction);
        this.logByTable = store("log-by-table", transaction);
        this.logByPath = store("log-by-path", transaction);
        this.expiry = store("expiry", transaction);
        this.chunks = store("chunks", transaction);
        this.leavings = store("leavings", transaction);
    }

    /**
     * Opens or makes the environment in a directory that the caller has locked, after cutting off what a sudden stop has left
     * half-written.
     *
     * @param cacheBytes memory for pages of the files
     * @param writers makes the writer of the files
     * @throws Failure UNAVAILABLE when it cannot be opened
     * @throws DamagedException when the files are not what was written; they are left as they were
     */
    static Database open(Path directory, long cacheBytes, Function<FileDataReader, SafeDataWriter> writers) {
        EnvironmentImpl environment = null;
        SafeDataWriter writer = null;
        Database database = null;
        try {
            DirectoryFormat format = DirectoryFormat.of(directory);
            Path files = Files.createDirectories(directory.resolve(DirectoryFormat.FILES));
            FileSet set = new FileSet(files, format.fileBytes());
            StopState left = StopState.read(directory);
            if (left.how() == StopState.How.NEW && set.end() > 0) {
                // Somebody has removed the file that says it.
                left = new StopState(StopState.How.OPEN, "", 0);
            }
            FileList list = new FileList(directory);
            if (left.how() == StopState.How.CLOSED || !left.otherBoot()) {
                list.check(set);
            }
            list.forget();
            long right = repaired(left, set, new TailCheck(set, format.mark()));
            FileDataReader reader = new FileDataReader(files.toFile());
            writer = writers.apply(reader);
            writer.opening(right);
            environment = (EnvironmentImpl) Environments.newInstance(
                    LogConfig.create(reader, writer), config(format.fileBytes() / 1_024, cacheBytes));
            SharedThreads.watch();
            set.sync();
            long opened = set.end();
            list.write(set);
            writer.opened(opened, list);
            Place place = new Place(directory, set, list, format.mark(), writer, opened);
            boolean marked = marked(place, environment);
            EnvironmentImpl made = environment;
            database = made.computeInExclusiveTransaction(transaction -> new Database(made, place, transaction));
            database.marked = marked;
            return database;
        } catch (Failure | DamagedException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            if (causedByDisk(e)) {
                throw new Failure(
                        Failure.Code.UNAVAILABLE, "the data in " + directory + " cannot be opened: " + e.getMessage());
            }
            throw new DamagedException("its files cannot be opened: " + e);
        } finally {
            if (database == null && environment != null) {
                abandon(environment);
            }
            if (database == null && writer != null) {
                writer.force();
            }
        }
    }

    /** Whether the directory says that a store is open; a disk without room for that can still be read, and is not written. */
    private static boolean marked(Place place, EnvironmentImpl environment) throws IOException {
        try {
            place.open();
            return true;
        } catch (IOException e) {
            if (!(place.writer().failed(e, 0) instanceof OutOfDiskSpaceException)) {
                throw e;
            }
            place.writer().hold(e);
            environment.suspendGC();
            LOG.warn(
                    "directory={} disk=full action=\"make space; until then the data is only read\"",
                    place.directory());
            return false;
        }
    }

    /**
     * Makes sure that the directory says that a store is open, without which nothing is written. On the committer thread.
     *
     * @throws ExodusException when the disk has still no room for that
     */
    void markOpen() {
        if (marked) {
            return;
        }
        try {
            place.open();
        } catch (IOException e) {
            throw place.writer().failed(e, 0);
        }
        place.writer().hold(null);
        marked = true;
        environment.resumeGC();
    }

    private static EnvironmentConfig config(long fileKilobytes, long cacheBytes) {
        return new EnvironmentConfig()
                .setUseVersion1Format(false)
                .setLogDurableWrite(false)
                .setLogFileSize(fileKilobytes)
                .setFullFileReadonly(false)
                .setLogSyncPeriod(Long.MAX_VALUE / 2)
                .setLogCacheShared(false)
                .setMemoryUsage(cacheBytes)
                .setGcTransactionTimeout(10)
                .setGcRunPeriod(1_000)
                .setGcMinUtilization(50)
                .setEnvMonitorTxnsTimeout(0)
                .setManagementEnabled(false);
    }

    /** Repairs what can be and returns the end of what was found to be right. */
    private static long repaired(StopState left, FileSet files, TailCheck check) throws IOException {
        if (left.intact(files.end())) {
            return left.address();
        }
        long right;
        if (left.how() == StopState.How.FENCED && left.address() > 0) {
            check.cutAfter(left.address());
            right = left.address();
        } else {
            right = check.repair(left.otherBoot(), left.address());
        }
        files.rewrite();
        return right;
    }

    /** Whether the operating system refused something, rather than the files being wrong. */
    static boolean causedByDisk(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException) {
                return true;
            }
        }
        return false;
    }

    private static void abandon(EnvironmentImpl environment) {
        try {
            environment.getEnvironmentConfig().setEnvCloseForcedly(true);
            environment.close();
        } catch (RuntimeException e) {
            LOG.debug("an environment that could not be used could not be closed", e);
        }
    }

    /** Opens or makes a store of the kind that all of ours are. */
    Store store(String name, Transaction transaction) {
        return environment.openStore(name, StoreConfig.WITHOUT_DUPLICATES_WITH_PREFIXING, transaction);
    }

    /** A key or value for Xodus; the bytes are not copied and must not change. */
    static ArrayByteIterable of(byte[] bytes) {
        return new ArrayByteIterable(bytes);
    }

    /** The value under the key, or null. */
    static byte @Nullable [] get(Store store, Transaction transaction, byte[] key) {
        ByteIterable value = store.get(transaction, of(key));
        return value == null ? null : bytes(value);
    }

    static void put(Store store, Transaction transaction, byte[] key, byte[] value) {
        store.put(transaction, of(key), of(value));
    }

    static void delete(Store store, Transaction transaction, byte[] key) {
        store.delete(transaction, of(key));
    }

    /** The bytes, which nobody else changes and which outlive the transaction. */
    static byte[] bytes(ByteIterable iterable) {
        byte[] bytes = iterable.getBytesUnsafe();
        int length = iterable.getLength();
        return bytes.length == length ? bytes : Arrays.copyOf(bytes, length);
    }

    private static final int SHAPE_FORMAT = 1;

    /** Puts shapes that are new into the transaction. */
    void saveShapes(Shapes known, Transaction transaction) {
        for (Shape shape : known.unsaved()) {
            ByteWriter value = new ByteWriter(128);
            byte[] key = Keys.u64(shape.number());
            value.u8(SHAPE_FORMAT);
            value.u32(0);
            value.varint(shape.size());
            shape.names().forEach(value::text);
            value.u32At(1, RowFormat.checksum(key, value.array(), 5, value.size()));
            put(shapes, transaction, key, value.toArray());
        }
    }

    /** Reads all shapes. */
    void loadShapes(Shapes target, Transaction transaction) {
        try (Cursor cursor = shapes.openCursor(transaction)) {
            while (cursor.getNext()) {
                byte[] key = bytes(cursor.getKey());
                byte[] value = bytes(cursor.getValue());
                ByteReader in = new ByteReader(value, 0, value.length);
                int format = in.u8();
                if (format != SHAPE_FORMAT) {
                    throw new DamagedException("a shape of format " + format);
                }
                if (in.u32() != RowFormat.checksum(key, value, 5, value.length)) {
                    throw new DamagedException("the checksum of a shape differs");
                }
                List<String> names = new ArrayList<>();
                for (int left = in.count(); left > 0; left--) {
                    names.add(in.text());
                }
                target.add(new Shape((int) ByteReader.u64(key, 0), names));
            }
        }
    }

    /** What was written since the last call. On the committer thread, between transactions. */
    List<Seal.Segment> segments() throws IOException {
        return place.writer().segments(place.files());
    }

    /** Where the data is. */
    Path directory() {
        return place.directory();
    }

    FileSet files() {
        return place.files();
    }

    /** Begins every seal of this directory. */
    byte[] mark() {
        return place.mark();
    }

    /** Everything before this address is sealed and on the disk. */
    void durable(long sealed) {
        place.writer().sealed(sealed);
    }

    /**
     * Keeps all files of all commits from now on, until this is called with false. To suspend the garbage collector is not enough:
     * it may have looked whether it is suspended just before, and empties some more files then.
     */
    void keepFiles(boolean keep) {
        place.writer().keep(keep);
    }

    /** Whether files wait for that, or to be forced. */
    boolean filesWait() {
        return place.writer().filesWait();
    }

    /** The CRC-32C of part of the files. */
    int checksum(long from, long to) throws IOException {
        return place.files().checksum(from, to);
    }

    /** Everything before this address was on the disk when the store was opened. */
    long opened() {
        return place.opened();
    }

    /** Where writing goes on; what is before it is in the files. */
    long end() {
        return place.writer().end();
    }

    /** Everything before this address is on the disk. */
    long synced() {
        return place.writer().synced();
    }

    /** Why what was written may be lost, or null. */
    @Nullable
    IOException failure() {
        return place.writer().failure();
    }

    /**
     * What to do about a read that failed for the files: read again while a transaction is taken back, which passes within
     * milliseconds ({@link SafeDataWriter#takesBack}), and otherwise throw a {@link Failure}.
     *
     * @param what is read, in words
     * @param read may be called many times, also after it has thrown
     */
    <T extends @Nullable Object> T again(String what, RuntimeException why, Supplier<T> read) {
        RuntimeException last = why;
        for (int tries = 0; tries < TRIES && place.writer().takesBack(); tries++) {
            LockSupport.parkNanos(PAUSE_NANOS);
            try {
                return read.get();
            } catch (Failure e) {
                throw e;
            } catch (RuntimeException e) {
                last = e;
            }
        }
        throw readFaults.failure(what, last);
    }

    /** Bytes that the disk still has room for. */
    long room() {
        return place.directory().toFile().getUsableSpace();
    }

    /** Remembers, if the disk still takes it, that nothing after this address may be trusted. */
    void fenced(long sealed) {
        fenced = true;
        environment.suspendGC();
        try {
            new StopState(StopState.How.FENCED, StopState.thisBoot(), sealed).write(place.directory());
        } catch (IOException e) {
            LOG.error("the state of {} could not be written", place.directory(), e);
        }
    }

    /** Whether transactions can still be begun. */
    boolean operative() {
        try {
            environment.beginReadonlyTransaction().abort();
            return true;
        } catch (RuntimeException e) {
            return false;
        }
    }

    /**
     * Forces everything that is committed to the disk.
     *
     * @throws UncheckedIOException when that failed, now or before: forcing once more proves nothing
     */
    void sync() {
        place.writer().force();
        IOException lost = failure();
        if (lost != null) {
            throw new UncheckedIOException(lost);
        }
    }

    /** Lets {@link #close} succeed while transactions are open. */
    void closeForcedly() {
        environment.getEnvironmentConfig().setEnvCloseForcedly(true);
    }

    @Override
    public void close() {
        boolean lost = fenced || failure() != null;
        if (lost) {
            closeForcedly();
        }
        try {
            environment.close();
        } catch (ExodusException e) {
            // Its last transaction, which only saves the collector's figures, did not find room on the disk.
            LOG.warn("the environment is closed without its figures: {}", e.getMessage());
            closeForcedly();
            environment.close();
        }
        place.writer().force();
        if (lost || failure() != null) {
            // The next start finds out what is there.
            return;
        }
        try {
            long end = place.files().end();
            place.list().write(place.files());
            new StopState(StopState.How.CLOSED, StopState.thisBoot(), end).write(place.directory());
        } catch (IOException e) {
            // The next start then checks the end of the files, which takes no time worth saving.
            LOG.warn("the state of {} could not be written", place.directory(), e);
            return;
        }
        place.writer().sealed(Long.MAX_VALUE);
    }
}
