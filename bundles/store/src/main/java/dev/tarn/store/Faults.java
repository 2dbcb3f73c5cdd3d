// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import jetbrains.exodus.ExodusException;
import jetbrains.exodus.OutOfDiskSpaceException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says what an exception of the machine means to a writer: whether trying again later helps, or nothing will until a restart.
 * After a failure that passes by itself, writes are refused for a moment without being tried. On the committer thread.
 */
final class Faults {

    private static final Logger LOG = LoggerFactory.getLogger(Faults.class);

    /** So long nothing is tried after a failure of the disk. */
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    /** A disk with less is not worth trying again. */
    private static final long ROOM = 1 << 20;

    private final Database database;
    private final Fence fence;
    private final SyncThread sync;
    private volatile @Nullable Failure latest;
    private long until;

    Faults(Database database, Fence fence, SyncThread sync) {
        this.database = database;
        this.fence = fence;
        this.sync = sync;
    }

    /** Why nothing should be tried now, or null. */
    @Nullable
    Failure now() {
        Failure fenced = fence.reason();
        if (fenced != null) {
            return fenced;
        }
        Failure last = latest;
        if (last != null && System.nanoTime() - until >= 0) {
            if (last.code() != Failure.Code.FULL || database.room() >= ROOM) {
                return marked();
            }
            until = System.nanoTime() + PAUSE_NANOS;
        }
        return last != null ? last : marked();
    }

    /** Why the disk did not take what was written last; null when it did. On any thread. */
    @Nullable
    Failure latest() {
        return latest;
    }

    /** Null once the directory says that a store is open; after a start on a full disk, why it does not. */
    private @Nullable Failure marked() {
        try {
            database.markOpen();
            return null;
        } catch (ExodusException e) {
            return failure(e);
        }
    }

    /** Something has been written. */
    void passed() {
        if (latest != null) {
            latest = null;
            LOG.info("disk=writable: writes go on");
        }
    }

    /** What to tell those who asked for what has failed; closes the fence when the store cannot go on. */
    Failure failure(Throwable thrown) {
        IOException lost = database.failure();
        if (lost != null) {
            Failure closed = fence.close("the disk did not take what was written", lost);
            database.fenced(sync.sealed());
            return closed;
        }
        if (!database.operative()) {
            return fence.close("the database gave up", thrown);
        }
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof OutOfDiskSpaceException) {
                return passing(
                        new Failure(Failure.Code.FULL, "no space is left on the disk"),
                        "disk=full action=\"make space; writes go on by themselves\"");
            }
            if (cause instanceof SafeDataWriter.Unwritable && cause.getCause() != null) {
                return passing(
                        new Failure(
                                Failure.Code.UNAVAILABLE,
                                "the disk cannot be written: "
                                        + cause.getCause().getMessage()),
                        "disk=unwritable action=\"check the disk; writes go on by themselves\"");
            }
        }
        if (Database.causedByDisk(thrown) || thrown instanceof DamagedException) {
            // Others may not need what cannot be read.
            return database.readFaults.failure("what the write changes", thrown);
        }
        LOG.error("a write failed", thrown);
        return new Failure(Failure.Code.UNAVAILABLE, "the write failed: " + thrown);
    }

    private Failure passing(Failure failure, String message) {
        Failure last = latest;
        if (last == null || last.code() != failure.code()) {
            LOG.warn("{} reason=\"{}\"", message, failure.reason());
        }
        latest = failure;
        until = System.nanoTime() + PAUSE_NANOS;
        return failure;
    }
}
