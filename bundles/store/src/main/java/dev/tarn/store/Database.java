// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import jetbrains.exodus.ArrayByteIterable;
import jetbrains.exodus.ByteIterable;
import jetbrains.exodus.ExodusException;
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

/**
 * The open environment and the stores that every data directory has. Its files are in {@code xodus}, beside a text file that
 * says their format. Safe on any thread; one thread writes.
 */
final class Database implements AutoCloseable {

    /** The format of the directory; FORMAT.md says what belongs to it. */
    static final int FORMAT = 1;

    private static final String FORMAT_FILE = "format";
    private static final String FILES = "xodus";
    private static final int FILE_KILOBYTES = 2_048;

    /** Names of stores that are not one table's. */
    static final List<String> SHARED =
            List.of("meta", "tables", "shapes", "log", "log-by-table", "log-by-path", "expiry", "chunks");

    final EnvironmentImpl environment;
    final Store meta;
    final Store tables;
    final Store shapes;
    final Store log;
    final Store logByTable;
    final Store logByPath;
    final Store expiry;
    final Store chunks;

    private Database(EnvironmentImpl environment, Transaction transaction) {
        this.environment = environment;
        this.meta = store("meta", transaction);
        this.tables = store("tables", transaction);
        this.shapes = store("shapes", transaction);
        this.log = store("log", transaction);
        this.logByTable = store("log-by-table", transaction);
        this.logByPath = store("log-by-path", transaction);
        this.expiry = store("expiry", transaction);
        this.chunks = store("chunks", transaction);
    }

    /**
     * Opens or makes the environment in a directory that the caller has locked.
     *
     * @param cacheBytes memory for pages of the files
     * @throws Failure UNAVAILABLE when it cannot be opened
     */
    static Database open(Path directory, long cacheBytes) {
        try {
            int fileKilobytes = format(directory);
            Path files = Files.createDirectories(directory.resolve(FILES));
            FileDataReader reader = new FileDataReader(files.toFile());
            EnvironmentConfig config = new EnvironmentConfig()
                    .setUseVersion1Format(false)
                    .setLogDurableWrite(false)
                    .setLogFileSize(fileKilobytes)
                    .setLogSyncPeriod(Long.MAX_VALUE / 2)
                    .setLogCacheShared(false)
                    .setMemoryUsage(cacheBytes)
                    .setGcTransactionTimeout(10)
                    .setGcRunPeriod(1_000)
                    .setGcMinUtilization(50)
                    .setEnvMonitorTxnsTimeout(60_000)
                    .setManagementEnabled(false);
            EnvironmentImpl environment = (EnvironmentImpl)
                    Environments.newInstance(LogConfig.create(reader, new SafeDataWriter(reader)), config);
            return environment.computeInExclusiveTransaction(transaction -> new Database(environment, transaction));
        } catch (IOException | ExodusException e) {
            throw new Failure(
                    Failure.Code.UNAVAILABLE, "the data in " + directory + " cannot be opened: " + e.getMessage());
        }
    }

    /** Reads the format file, or writes it for a new directory, and returns the size of the environment's files. */
    private static int format(Path directory) throws IOException {
        Path file = directory.resolve(FORMAT_FILE);
        if (!Files.exists(file)) {
            if (Files.exists(directory.resolve(FILES))) {
                throw new IOException("there is data, but no file " + file + " that says its format");
            }
            Path made = directory.resolve(FORMAT_FILE + ".new");
            Files.writeString(
                    made, "format=" + FORMAT + "\nfileKilobytes=" + FILE_KILOBYTES + "\n", StandardCharsets.US_ASCII);
            Durably.sync(made);
            Files.move(made, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
            Durably.sync(directory);
            return FILE_KILOBYTES;
        }
        TreeMap<String, Integer> values = new TreeMap<>();
        for (String line : Files.readAllLines(file, StandardCharsets.US_ASCII)) {
            int equals = line.indexOf('=');
            if (equals > 0) {
                try {
                    values.put(
                            line.substring(0, equals).strip(),
                            Integer.valueOf(line.substring(equals + 1).strip()));
                } catch (NumberFormatException e) {
                    throw new IOException(file + " has a line that makes no sense: " + line, e);
                }
            }
        }
        if (values.getOrDefault("format", 0) != FORMAT) {
            throw new IOException(
                    file + " says format " + values.get("format") + ", this version knows " + FORMAT + " only");
        }
        return values.getOrDefault("fileKilobytes", FILE_KILOBYTES);
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
            value.u8(SHAPE_FORMAT);
            value.varint(shape.size());
            shape.names().forEach(value::text);
            put(shapes, transaction, Keys.u64(shape.number()), value.toArray());
        }
    }

    /** Reads all shapes. */
    void loadShapes(Shapes target, Transaction transaction) {
        try (Cursor cursor = shapes.openCursor(transaction)) {
            while (cursor.getNext()) {
                byte[] value = bytes(cursor.getValue());
                ByteReader in = new ByteReader(value, 0, value.length);
                int format = in.u8();
                if (format != SHAPE_FORMAT) {
                    throw new DamagedException("a shape of format " + format);
                }
                List<String> names = new ArrayList<>();
                for (int left = in.count(); left > 0; left--) {
                    names.add(in.text());
                }
                target.add(new Shape((int) ByteReader.u64(bytes(cursor.getKey()), 0), names));
            }
        }
    }

    /** The end of the files: what is committed is below it. */
    long address() {
        return environment.getLog().getHighAddress();
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

    /** Forces everything that is committed to the disk. */
    void sync() {
        environment.getLog().sync();
    }

    /** Lets {@link #close} succeed while transactions are open. */
    void closeForcedly() {
        environment.getEnvironmentConfig().setEnvCloseForcedly(true);
    }

    @Override
    public void close() {
        environment.close();
    }
}
