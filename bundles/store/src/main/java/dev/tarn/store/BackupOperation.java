// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import dev.tarn.api.operation.Operation;
import dev.tarn.api.resource.Context;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The operation {@code backup}: copies the store as it is at one commit into one file, while everything goes on. Takes
 * {@code file}, where on this machine; without it, a new file in the folder {@code backups} beside the data. A relative name
 * is in that folder too. One at a time, on a thread of its own; meanwhile the garbage collector of the files waits.
 */
@Component(service = Operation.class)
public final class BackupOperation implements Operation {

    private static final Logger LOG = LoggerFactory.getLogger(BackupOperation.class);
    private static final String FOLDER = "backups";
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    private final XodusStore store;

    /** The backup that is being made. */
    private final AtomicReference<Thread> running = new AtomicReference<>();

    private volatile boolean stopped;

    @Activate
    public BackupOperation(@Reference XodusStore store) {
        this.store = store;
    }

    @Override
    public String name() {
        return "backup";
    }

    /** Nothing here: it can be made of a store that takes no more writes. */
    @Override
    public boolean changes() {
        return false;
    }

    @Override
    public CompletionStage<Map<String, Object>> run(Context context, Map<String, Object> arguments) {
        try {
            if (!context.user().administrator()) {
                throw new Failure(Failure.Code.FORBIDDEN, "only administrators make backups");
            }
            return start(arguments.get("file"));
        } catch (Failure e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private CompletionStage<Map<String, Object>> start(@Nullable Object file) {
        CompletableFuture<Map<String, Object>> result = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        Map<String, Object> made = backup(target(file));
                        running.set(null);
                        result.complete(made);
                    } catch (Throwable t) {
                        running.set(null);
                        result.completeExceptionally(t);
                    }
                },
                "tarn-backup");
        if (stopped || !running.compareAndSet(null, thread)) {
            throw stopped
                    ? new Failure(Failure.Code.UNAVAILABLE, "the node stops")
                    : new Failure(Failure.Code.BUSY, "a backup is being made already");
        }
        thread.start();
        return result;
    }

    private Path target(@Nullable Object file) {
        try {
            Path folder = store.core().database().directory().toAbsolutePath().resolveSibling(FOLDER);
            String name = file == null ? "tarn-" + TIME.format(Instant.now()) + ".zip" : String.valueOf(file);
            Path target = folder.resolve(name).normalize();
            if (folder.equals(target.getParent()) && !Files.exists(folder)) {
                Files.createDirectory(
                        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            return target;
        } catch (InvalidPathException e) {
            throw new Failure(Failure.Code.MALFORMED, "file is no path: " + e.getMessage());
        } catch (IOException e) {
            throw new Failure(Failure.Code.UNAVAILABLE, "the folder for backups cannot be made: " + e);
        }
    }

    /** Makes a backup. Blocks. */
    private Map<String, Object> backup(Path target) {
        BackupWriter writer = new BackupWriter(target, this::going);
        writer.check();
        OpenSnapshots.Reader reader = store.snapshots().enter();
        Database database = store.core().database();
        long began = System.nanoTime();
        try {
            database.keepFiles(true);
            database.environment.suspendGC();
            // Not through the committer, so that a full disk can be backed up to another one.
            Manifest manifest = writer.write(BackupPoint.of(database));
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
            LOG.info("backup=made file={} sequence={} millis={}", target, manifest.sequence(), millis);
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("file", target.toString());
            result.put("size", Files.size(target));
            result.put("sequence", manifest.sequence());
            result.put("made", manifest.made().toString());
            result.put("milliseconds", millis);
            return result;
        } catch (IOException e) {
            throw new Failure(Failure.Code.UNAVAILABLE, "the backup " + target + " is gone: " + e);
        } finally {
            database.keepFiles(false);
            database.environment.resumeGC();
            if (store.core().fence().reason() != null) {
                database.environment.suspendGC();
            }
            reader.run();
        }
    }

    /** @throws Failure UNAVAILABLE when the node stops, or when it is unknown whether the files are what was written */
    private void going() {
        Failure fenced = store.core().fence().reason();
        if (fenced != null) {
            throw fenced;
        } else if (stopped) {
            throw new Failure(Failure.Code.UNAVAILABLE, "the node stops; the backup was not finished");
        }
    }

    /** Ends a backup that is being made; its file goes. */
    @Deactivate
    public void close() {
        stopped = true;
        Thread thread = running.get();
        while (thread != null && thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
