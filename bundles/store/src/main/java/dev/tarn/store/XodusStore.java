// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Content;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Store;
import dev.tarn.api.store.Upload;
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
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.LongSupplier;
import jetbrains.exodus.ExodusException;
import jetbrains.exodus.env.Transaction;
import jetbrains.exodus.io.FileDataReader;
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
@Component(
        service = {Store.class, XodusStore.class},
        immediate = true,
        configurationPid = "dev.tarn.store")
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

        @AttributeDefinition(description = "Memory for pages of the files, as 256MB; auto is a quarter of the heap")
        String cache() default "auto";

        @AttributeDefinition(description = "Memory for rows that are read often; auto is an eighth of the heap")
        String rowCache() default "auto";

        @AttributeDefinition(description = "Writes that may wait; more are refused as busy")
        int queuedWrites() default 16_384;

        @AttributeDefinition(description = "What the bodies of waiting writes may have together")
        String queuedSize() default "64MB";

        @AttributeDefinition(description = "Writes in one transaction")
        int batchWrites() default 1_024;

        @AttributeDefinition(description = "The most that one body may have")
        String bodyLimit() default "64MB";

        @AttributeDefinition(description = "The most that one content beside a row may have, such as an uploaded file")
        String contentLimit() default "1GB";

        @AttributeDefinition(description = "Contents that may be taken in at once; each takes about 200 KB of memory")
        int uploads() default 256;

        @AttributeDefinition(
                description = "How long those who read a content keep it after its row was overwritten or removed")
        String contentPatience() default "1h";

        @AttributeDefinition(
                description = "In how long all files are read again, evenly spread, and compared with their checksums; "
                        + "off for never")
        String scrubEvery() default "7d";

        @AttributeDefinition(description = "How long the log keeps changes; longer for tables with a history")
        String logAge() default "1d";

        @AttributeDefinition(description = "The log's size beyond which younger changes go too")
        String logSize() default "1GB";

        @AttributeDefinition(
                description = "The log's size up to which changes stay that sessions are still owed or a history has")
        String logSizeKept() default "4GB";
    }

    private final Bodies bodies;
    private final InstantSource time;
    private final DirectoryLock lock;
    private final Core core;
    private final Retention retention;
    private final SyncThread sync;
    private final Committer committer;
    private final Intake intake;
    private final Thread committing;
    private final Thread syncing;
    private final Optional<Scrubber> scrubber;
    private final AtomicBoolean closed = new AtomicBoolean();

    private final OpenSnapshots snapshots = new OpenSnapshots();

    private final java.util.Map<LogFollower, Runnable> followers = new java.util.concurrent.ConcurrentHashMap<>();

    @Activate
    public XodusStore(@Reference Bodies bodies, Config config) {
        this(bodies, config, InstantSource.system());
    }

    /** With a clock of one's own. */
    public XodusStore(Bodies bodies, Config config, InstantSource time) {
        this(bodies, config, time, SafeDataWriter::new);
    }

    /** With a disk of one's own. */
    XodusStore(Bodies bodies, Config config, InstantSource time, Function<FileDataReader, SafeDataWriter> disk) {
        Settings settings = Settings.of(config);
        this.bodies = bodies;
        this.time = time;
        java.nio.file.Path directory = settings.directory();
        lock = DirectoryLock.take(directory);
        Database database = null;
        try {
            Restore.complete(directory);
            Quarantine.check(directory);
            database = Database.open(directory, settings.cache(), disk);
            core = core(database, settings);
            Opened opened = read(database, core, XodusStore::load);
            retention = new Retention(database, core.catalog(), settings.log(), time.millis());
            database.sync();
            sync = new SyncThread(database, core.fence(), opened.head().sequence());
            Clock clock = new Clock(time, opened.head().version());
            Chores chores = new Chores(database, core.catalog(), retention, opened.oldest());
            committer = new Committer(
                    core,
                    sync,
                    clock,
                    new WriteQueue(settings.queue(), core.fence()),
                    opened.head(),
                    chores,
                    new GroupCommit(core, clock, chores.expiry()));
            intake = new Intake(core, committer.queue(), core.reader().shelf(), settings.intake());
        } catch (DamagedException | ExodusException e) {
            abandon(database);
            throw Database.causedByDisk(e) ? e : Quarantine.mark(directory, String.valueOf(e.getMessage()));
        } catch (RuntimeException | Error e) {
            abandon(database);
            throw e;
        }
        committing = new Thread(null, committer, "tarn-committer", STACK_BYTES);
        syncing = new Thread(sync, "tarn-sync");
        committing.start();
        syncing.start();
        scrubber = settings.scrub().map(every -> {
            Database open = core.database();
            return new Scrubber(open.files(), open.mark(), open.opened(), time, every);
        });
        scrubber.ifPresent(XodusStore::scrub);
        LOG.info("store=open directory={} sequence={}", directory.toAbsolutePath(), sync.sequence());
    }

    /** On a thread that nothing waits for but the end. */
    private static void scrub(Scrubber scrubber) {
        Thread thread = new Thread(scrubber, "tarn-scrub");
        thread.setDaemon(true);
        thread.start();
    }

    private record Opened(Head head, long oldest) {}

    private static Opened load(Core core, Transaction transaction) {
        core.catalog().load(transaction);
        core.database().loadShapes(core.reader().format().shapes(), transaction);
        Head head = Head.read(core.database(), transaction);
        ContentShelf shelf = core.reader().shelf();
        shelf.numbered(ContentShelf.FIRST + head.version());
        shelf.numbered(ContentShelf.greatest(core.database(), transaction));
        return new Opened(head, new LogReader(core, transaction, head).oldest());
    }

    private Core core(Database database, Settings settings) {
        PayloadFormat format = new PayloadFormat(bodies, new Shapes(), settings.body());
        ContentShelf shelf = new ContentShelf(database, snapshots);
        RowReader reader = new RowReader(database, format, shelf);
        RowCache cache = new RowCache(settings.rowCache(), time::millis);
        ContentCollector collector =
                new ContentCollector(database, shelf, settings.intake().patience());
        return new Core(database, new Catalog(database, reader), reader, bodies, cache, new Fence(), collector);
    }

    private void abandon(@org.jspecify.annotations.Nullable Database database) {
        try (lock) {
            if (database != null) {
                database.close();
            }
        } catch (IOException | RuntimeException e) {
            LOG.warn("a store that did not open could not be closed", e);
        }
    }

    private static <T> T read(Database database, Core core, BiFunction<Core, Transaction, T> work) {
        Transaction transaction = database.environment.beginReadonlyTransaction();
        try {
            return work.apply(core, transaction);
        } finally {
            if (!transaction.isFinished()) {
                transaction.abort();
            }
        }
    }

    @Override
    public void define(Table table) {
        CompletableFuture<Boolean> done = committer.queue().run(() -> {
            core.catalog().define(table, time.millis());
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
                    for (Content content : body.contents().values()) {
                        bytes += ContentShelf.number(content) == 0 ? content.length() : 0;
                    }
                }
            }
        } catch (Failure e) {
            return CompletableFuture.failedFuture(e);
        }
        return committer.queue().commit(write, Prepared.of(core, write.drafts()), bytes);
    }

    @Override
    public Upload receive(long length) {
        Failure fenced = core.fence().reason();
        if (fenced != null) {
            throw fenced;
        }
        return intake.receive(length);
    }

    /** What takes contents in. */
    Intake intake() {
        return intake;
    }

    @Override
    public Snapshot snapshot() {
        return open();
    }

    private XodusSnapshot open() {
        OpenSnapshots.Reader reader = snapshots.enter();
        boolean opened = false;
        try {
            Transaction transaction = core.database().environment.beginReadonlyTransaction();
            opened = true;
            return new XodusSnapshot(core, transaction, time, reader);
        } finally {
            if (!opened) {
                reader.run();
            }
        }
    }

    /** Reads in a transaction of its own. */
    <T> T read(Function<Transaction, T> work) {
        OpenSnapshots.Reader reader = snapshots.enter();
        try {
            return read(core.database(), core, (any, transaction) -> work.apply(transaction));
        } finally {
            reader.run();
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
    public CompletionStage<Optional<Row>> kept(Table table, Path path, Executor worker) {
        CompletableFuture<Optional<Row>> kept = new CompletableFuture<>();
        try {
            OpenTable open = core.catalog().table(table);
            worker.execute(() -> {
                try (XodusSnapshot snapshot = open()) {
                    kept.complete(Optional.ofNullable(snapshot.sized(open, path).row()));
                } catch (RuntimeException failure) {
                    kept.completeExceptionally(failure);
                }
            });
        } catch (RejectedExecutionException busy) {
            kept.completeExceptionally(new Failure(Failure.Code.BUSY, "too many reads at once; try again later"));
        } catch (Failure refused) {
            kept.completeExceptionally(refused);
        }
        return kept;
    }

    @Override
    public long sequence() {
        return sync.sequence();
    }

    @Override
    public long oldest() {
        return committer.oldest();
    }

    @Override
    public AutoCloseable keep(LongSupplier after) {
        return retention.keep(after);
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

    /** Everything before this address in the files is on the disk. */
    long synced() {
        return core.database().synced();
    }

    /** Where writing goes on. */
    long end() {
        return core.database().end();
    }

    /** Everything before this address is sealed too. */
    long sealed() {
        return sync.sealed();
    }

    /** Nanoseconds that forcing the disk took. */
    Tally syncing() {
        return sync.timing();
    }

    Core core() {
        return core;
    }

    Committer committer() {
        return committer;
    }

    OpenSnapshots snapshots() {
        return snapshots;
    }

    /** What looks for damage, if that is wanted. */
    Optional<Scrubber> scrubber() {
        return scrubber;
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
        scrubber.ifPresent(Scrubber::close);
        snapshots.close();
        committer.queue().close();
        join(committing);
        join(syncing);
        if (!snapshots.awaitLast(PATIENCE_SECONDS)) {
            LOG.warn("snapshots={} are still open and are cut off", snapshots.count());
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
