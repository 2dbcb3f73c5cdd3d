// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import jetbrains.exodus.ExodusException;
import jetbrains.exodus.env.Transaction;

/**
 * A data directory that no node uses, opened to be inspected or backed up: nothing in it is written, but that its end is put
 * right after a sudden stop, as at every start. For one thread.
 */
final class ClosedStore implements AutoCloseable {

    private static final long CACHE = 64L << 20;

    private final DirectoryLock lock;
    private final Database database;
    private final Catalog catalog;
    private final RowReader reader;

    private ClosedStore(DirectoryLock lock, Database database, Catalog catalog, RowReader reader) {
        this.lock = lock;
        this.database = database;
        this.catalog = catalog;
        this.reader = reader;
    }

    /**
     * Opens a directory that has data.
     *
     * @throws Failure NOT_FOUND when there is none, UNAVAILABLE when a node uses it or it cannot be read
     * @throws DamagedException when the data cannot be opened
     */
    static ClosedStore open(Path directory) {
        if (!Files.isDirectory(directory)) {
            throw new Failure(Failure.Code.NOT_FOUND, "there is no data directory " + directory);
        }
        DirectoryLock lock = DirectoryLock.take(directory);
        ClosedStore opened = null;
        try {
            Restore.complete(directory);
            if (!Files.exists(directory.resolve(DirectoryFormat.FILE))) {
                throw new Failure(Failure.Code.NOT_FOUND, "there is no data in " + directory);
            }
            Quarantine.check(directory);
            opened = open(directory, lock);
            return opened;
        } finally {
            if (opened == null) {
                close(lock);
            }
        }
    }

    private static ClosedStore open(Path directory, DirectoryLock lock) {
        Database database = Database.open(directory, CACHE, SafeDataWriter::new);
        boolean opened = false;
        try {
            database.environment.getEnvironmentConfig().setGcEnabled(false);
            Shapes shapes = new Shapes();
            RowReader reader = new RowReader(
                    database,
                    new PayloadFormat(new RawBodies(), shapes, Integer.MAX_VALUE),
                    new ContentShelf(database, new OpenSnapshots()));
            Catalog catalog = new Catalog(database, reader);
            Transaction transaction = database.environment.beginReadonlyTransaction();
            try {
                catalog.load(transaction);
                database.loadShapes(shapes, transaction);
            } finally {
                transaction.abort();
            }
            opened = true;
            return new ClosedStore(lock, database, catalog, reader);
        } catch (ExodusException e) {
            throw new DamagedException("its files cannot be read: " + e);
        } finally {
            if (!opened) {
                database.close();
            }
        }
    }

    private static void close(DirectoryLock lock) {
        try {
            lock.close();
        } catch (IOException e) {
            throw new Failure(Failure.Code.UNAVAILABLE, "the lock of the data directory cannot be let go: " + e);
        }
    }

    /** Reads everything and checks that it fits together. */
    Inspector.Findings inspect() {
        List<String> damaged;
        try {
            damaged = new SealCheck(database.files(), database.mark()).problems();
        } catch (IOException e) {
            damaged = List.of("its files cannot be read: " + e);
        }
        return Inspector.inspect(database, catalog, reader).and(damaged);
    }

    /** What a backup is made of; call it before anything else is done here. */
    BackupPoint point() {
        database.sync();
        return BackupPoint.of(database);
    }

    @Override
    public void close() {
        try {
            database.close();
        } finally {
            close(lock);
        }
    }
}
