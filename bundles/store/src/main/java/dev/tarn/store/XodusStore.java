// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Store;
import dev.tarn.api.store.Write;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import jetbrains.exodus.env.Transaction;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The {@link Store} in one Xodus environment: a committer thread that writes, a sync thread that makes durable, tells and
 * answers. Closing it waits for snapshots for a moment, writes what is queued, and frees files and threads.
 */
@Component(service = Store.class, immediate = true, configurationPid = "dev.tarn.store")
@Designate(ocd = XodusStore.Config.class)
public final class XodusStore implements Store, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(XodusStore.class);

    /** Deep keys are saved by recursion; address space that is not touched costs nothing. */
    private static final long STACK_BYTES = 256L << 20;

    private static final long PATIENCE_SECONDS = 10;

    /** How the store is set up. */
    @ObjectClassDefinition(name = "Tarn store")
    public @interface Config {
        @AttributeDefinition(description = "Where the data is; made if it is not there")
        String directory() default "data";

        @AttributeDefinition(description = "Bytes of memory for pages of the files; 0 is a quarter of the heap")
        long cacheBytes() default 0;

        @AttributeDefinition(description = "Bytes of memory for rows that are read often; 0 is an eighth of the heap")
        long rowCacheBytes() default 0;

        @AttributeDefinition(description = "Writes that may wait; more are refused as BUSY")
        int queuedWrites() default 16_384;

        @AttributeDefinition(description = "Bytes that the bodies of waiting writes may have together")
        long queuedBytes() default 64L << 20;

        @AttributeDefinition(description = "Writes in one transaction")
        int batchWrites() default 1_024;

        @AttributeDefinition(description = "Bytes that one body may have")
        int bodyBytes() default 64 << 20;
    }

    private final Bodies bodies;
    private final InstantSource time;
    private final DirectoryLock lock;
    private final Core core;
    private final SyncThread sync;
    private final Committer committer;
    private final Thread committing;
    private final Thread syncing;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** One party for the store, one for each open snapshot. */
    private final Phaser snapshots = new Phaser(1);

    private final java.util.Map<LogFollower, Runnable> followers = new java.util.concurrent.ConcurrentHashMap<>();

    @Activate
    public XodusStore(@Reference Bodies bodies, Config config) {
        this(bodies, config, InstantSource.system());
    }

    /** With a clock of one's own. */
    XodusStore(Bodies bodies, Config config, InstantSource time) {
        check(config);
        this.bodies = bodies;
        this.time = time;
        java.nio.file.Path directory = java.nio.file.Path.of(config.directory());
        lock = DirectoryLock.take(directory);
        Database database = null;
        try {
            long heap = Runtime.getRuntime().maxMemory();
            database = Database.open(directory, config.cacheBytes() > 0 ? config.cacheBytes() : heap / 4);
            core = core(database, config, heap);
            Head head = read(database, transaction -> {
                core.catalog().load(transaction);
                database(core).loadShapes(core.reader().format().shapes(), transaction);
                return Head.read(database(core), transaction);
            });
            database.sync();
            sync = new SyncThread(database, core.fence(), head.sequence());
            committer = new Committer(
                    core,
                    sync,
                    new Clock(time, head.version()),
                    new Committer.Limits(config.queuedWrites(), config.queuedBytes(), config.batchWrites()),
                    head,
                    new Chores(database, core.catalog()));
        } catch (DamagedException e) {
            abandon(database);
            throw new Failure(
                    Failure.Code.UNAVAILABLE,
                    "the data in " + directory + " is damaged (" + e.getMessage() + "); restore a backup");
        } catch (RuntimeException | Error e) {
            abandon(database);
            throw e;
        }
        committing = new Thread(null, committer, "tarn-committer", STACK_BYTES);
        syncing = new Thread(sync, "tarn-sync");
        committing.start();
        syncing.start();
        LOG.info("store=open directory={} sequence={}", directory.toAbsolutePath(), sync.sequence());
    }

    private static Database database(Core core) {
        return core.database();
    }

    private Core core(Database database, Config config, long heap) {
        PayloadFormat format = new PayloadFormat(bodies, new Shapes(), config.bodyBytes());
        RowReader reader = new RowReader(database, format);
        RowCache cache = new RowCache(config.rowCacheBytes() > 0 ? config.rowCacheBytes() : heap / 8, time::millis);
        return new Core(database, new Catalog(database, reader), reader, bodies, cache, new Fence());
    }

    private static void check(Config config) {
        positive("queuedWrites", config.queuedWrites());
        positive("queuedBytes", config.queuedBytes());
        positive("batchWrites", config.batchWrites());
        positive("bodyBytes", config.bodyBytes());
        if (config.directory().isBlank()) {
            throw new IllegalArgumentException("dev.tarn.store: directory must not be empty");
        }
    }

    private static void positive(String name, long value) {
        if (value <= 0) {
            throw new IllegalArgumentException("dev.tarn.store: " + name + " must be positive, not " + value);
        }
    }

    private void abandon(@org.jspecify.annotations.Nullable Database database) {
        try {
            if (database != null) {
                database.close();
            }
            lock.close();
        } catch (IOException | RuntimeException e) {
            LOG.warn("a store that did not open could not be closed", e);
        }
    }

    private static <T> T read(Database database, java.util.function.Function<Transaction, T> work) {
        Transaction transaction = database.environment.beginReadonlyTransaction();
        try {
            return work.apply(transaction);
        } finally {
            transaction.abort();
        }
    }

    @Override
    public void define(Table table) {
        CompletableFuture<Boolean> done = committer.run(() -> {
            core.catalog().define(table);
            core.cache().clear();
        });
        try {
            done.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof Failure failure) {
                throw new Failure(failure.code(), failure.reason(), failure.violations());
            }
            throw e;
        }
    }

    @Override
    public CompletionStage<Commit> commit(Write write) {
        long bytes = 0;
        try {
            for (Draft draft : write.drafts()) {
                Body body = draft.body();
                if (body != null) {
                    // Encoded here, so that the committer thread has less to do.
                    boolean encoded =
                            body.structured() && !draft.table().rules().opaque();
                    bytes += (encoded ? body.as(Bodies.CBOR) : body).bytes().length;
                }
            }
        } catch (Failure e) {
            return CompletableFuture.failedFuture(e);
        }
        return committer.commit(write, bytes);
    }

    @Override
    public Snapshot snapshot() {
        return open();
    }

    private XodusSnapshot open() {
        if (snapshots.register() < 0 || closed.get()) {
            if (!snapshots.isTerminated()) {
                snapshots.arriveAndDeregister();
            }
            throw new Failure(Failure.Code.UNAVAILABLE, "the store is stopped");
        }
        boolean opened = false;
        try {
            Transaction transaction = core.database().environment.beginReadonlyTransaction();
            opened = true;
            return new XodusSnapshot(core, transaction, time.millis(), snapshots::arriveAndDeregister);
        } finally {
            if (!opened) {
                snapshots.arriveAndDeregister();
            }
        }
    }

    @Override
    public CompletionStage<Optional<Row>> get(Table table, Path path, Executor worker) {
        OpenTable open;
        try {
            open = core.catalog().table(table);
        } catch (Failure e) {
            return CompletableFuture.failedFuture(e);
        }
        return core.cache().get(open.number(), path, worker, () -> {
            try (XodusSnapshot snapshot = open()) {
                return snapshot.sized(open, path);
            }
        });
    }

    @Override
    public long sequence() {
        return sync.sequence();
    }

    @Override
    public long oldest() {
        try (XodusSnapshot snapshot = open()) {
            return snapshot.oldest();
        }
    }

    @Override
    public AutoCloseable observe(CommitObserver observer) {
        return sync.observe(observer);
    }

    @Override
    public LogSubscription commits(long after, Executor worker, LogSubscriber subscriber) {
        LogFollower follower = new LogFollower(this, after, worker, subscriber);
        Runnable wake = follower::wake;
        followers.put(follower, wake);
        sync.follow(wake);
        return follower;
    }

    /** Whole commits from the log. */
    List<Commit> commits(long after, long upTo, int limit) {
        try (XodusSnapshot snapshot = open()) {
            return snapshot.commits(after, upTo, limit);
        }
    }

    /** How often the disk was forced. */
    long syncs() {
        return sync.timing().count();
    }

    /** Reads everything and checks that it fits together; takes its time. */
    Inspector.Findings inspect() {
        return Inspector.inspect(core.database(), core.catalog(), core.reader());
    }

    /** The follower is closed. */
    void forget(LogFollower follower) {
        Runnable wake = followers.remove(follower);
        if (wake != null) {
            sync.unfollow(wake);
        }
    }

    /** Writes what is queued, waits a moment for open snapshots, and frees everything. */
    @Override
    @Deactivate
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        committer.close();
        join(committing);
        join(syncing);
        try {
            snapshots.awaitAdvanceInterruptibly(snapshots.arriveAndDeregister(), PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            LOG.warn("snapshots={} are still open and are cut off", snapshots.getUnarrivedParties());
            core.database().closeForcedly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            core.database().closeForcedly();
        }
        try (lock) {
            core.database().close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        LOG.info("store=closed sequence={}", sync.sequence());
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
