// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import dev.tarn.api.application.Action;
import dev.tarn.api.application.Answer;
import dev.tarn.api.application.Call;
import dev.tarn.api.application.Mount;
import dev.tarn.api.application.Program;
import dev.tarn.api.application.Transactions;
import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Source;
import dev.tarn.api.resource.Subscriber;
import java.time.Duration;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.PolyglotException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One version of one application's scripts: its isolates, and what they export. Requests take the isolate that was used
 * last; the first one also has timers, events and connections that stay. Safe on any thread.
 */
final class Loaded implements Program {

    private static final Logger LOG = LoggerFactory.getLogger(Loaded.class);

    /** How long a request waits for an isolate that is not busy. */
    private static final long PATIENCE_MILLISECONDS = 1_000;

    private final Services services;
    private final Bundle bundle;
    private final Modules modules;
    private final Timers timers;
    private final Semaphore free;
    private final Deque<Isolate> rested = new ConcurrentLinkedDeque<>();
    private final Set<Isolate> all = ConcurrentHashMap.newKeySet();
    private final AtomicInteger numbers = new AtomicInteger();
    private final AtomicBoolean closing = new AtomicBoolean();
    private final AtomicReference<@Nullable AutoCloseable> offered = new AtomicReference<>();
    private final Set<Items> streams = ConcurrentHashMap.newKeySet();
    private final Map<String, String> exports = new ConcurrentHashMap<>();
    private final List<String> events = new CopyOnWriteArrayList<>();
    private final List<Mount> mounts;
    private final List<Source> sources;
    private final Fetcher fetcher;

    /**
     * What programs are made of.
     *
     * @param tables the tables that are declared now, of all applications
     * @param mailboxes makes mailboxes with the rights of an application
     */
    record Services(
            Graal graal,
            Limits limits,
            Bodies bodies,
            java.util.function.Supplier<java.util.Collection<Table>> tables,
            Transactions transactions,
            Offers offers,
            Mailboxes mailboxes) {}

    /** Offers services to others. */
    interface Offers {
        /** Offers what a program that serves has; closing takes it back. */
        AutoCloseable offer(Loaded program);
    }

    /** Makes mailboxes. */
    interface Mailboxes {
        Mailbox open(String application, Executor loop, Subscriber subscriber);
    }

    /**
     * Runs the modules for the first time.
     *
     * @throws Failure INVALID when one cannot be read, fails, or exports what cannot be served
     */
    Loaded(Services services, Bundle bundle) {
        this.services = services;
        this.bundle = bundle;
        this.fetcher = new Fetcher(services.graal(), bundle.network());
        this.timers = new Timers(services.graal());
        this.free = new Semaphore(services.limits().isolates());
        this.modules = Modules.read(bundle);
        try {
            Isolate first = isolate();
            rested.push(first);
            mounts = Exports.mounts(this, first.exports());
            sources = first.sources().stream()
                    .map(source -> (Source) new Caching(this, source.wish()))
                    .toList();
        } catch (PolyglotException failure) {
            close();
            throw Flaw.refusal(List.of(modules.flaw(failure)));
        } catch (Failure over) {
            close();
            throw over.code() == Failure.Code.INVALID
                    ? over
                    : Flaw.refusal(List.of(new Flaw(bundle.modules().get(0), 0, over.reason())));
        } catch (RuntimeException failure) {
            close();
            throw failure;
        }
    }

    private Isolate isolate() {
        int index = numbers.getAndIncrement();
        Context context = services.graal().context(modules.files(), services.limits());
        boolean made = false;
        try {
            Isolate isolate = new Isolate(this, index, context);
            isolate.turn(isolate::prepare);
            isolate.turn(() -> {
                modules.run(isolate);
                isolate.loaded();
            });
            all.add(isolate);
            made = true;
            return isolate;
        } finally {
            if (!made) {
                context.close(true);
            }
        }
    }

    String application() {
        return bundle.application();
    }

    Map<String, String> environment() {
        return bundle.environment();
    }

    Map<String, Object> settings() {
        return bundle.sources().settings();
    }

    Fetcher fetcher() {
        return fetcher;
    }

    Bodies bodies() {
        return services.bodies();
    }

    Limits limits() {
        return services.limits();
    }

    Graal graal() {
        return services.graal();
    }

    Timers timers() {
        return timers;
    }

    boolean modern() {
        return modules.modern();
    }

    /** Tables that scripts may name: those of this application as it declares them, and all others. */
    List<Table> known() {
        Set<String> own = new java.util.HashSet<>();
        List<Table> tables = new java.util.ArrayList<>(bundle.tables());
        bundle.tables().forEach(table -> own.add(table.qualifiedName()));
        services.tables().get().stream()
                .filter(table -> !own.contains(table.qualifiedName())
                        && !table.database().equals(Table.SYSTEM))
                .forEach(tables::add);
        return tables;
    }

    /** The line of a module on which there is a word with a bracket behind it; 0 for none. */
    int line(String file, String word) {
        return new ScriptText(modules.files().text(file)).lineOf(word);
    }

    /** Notes that a table that is exported by a class is reached under this name. */
    void exports(String table, String export) {
        exports.put(table, export);
    }

    /**
     * The name under which a table is reached.
     *
     * @throws Failure UNSUPPORTED when it is not
     */
    String exported(String name) {
        String mounted = exports.get(name);
        if (mounted != null) {
            return mounted;
        }
        for (Table table : known()) {
            String export = table.export();
            if (table.qualifiedName().equals(name) && export != null) {
                return export;
            }
        }
        throw new Failure(
                Failure.Code.UNSUPPORTED, "table " + name + " is not exported, so nothing tells of its changes");
    }

    Mailbox mailbox(Executor loop, Subscriber subscriber) {
        return services.mailboxes().open(application(), loop, subscriber);
    }

    /** Does something in a transaction that no request began; the isolate hears of it under this number. */
    void transact(Isolate isolate, int number) {
        services.transactions()
                .run(application(), Duration.ofNanos(limits().answerNanos()), transaction -> {
                    Door door = new Door(isolate, null, transaction, false);
                    isolate.waits(door);
                    try {
                        isolate.turn(() -> isolate.function("work").execute(number, door));
                        door.await(limits().answerNanos());
                    } finally {
                        isolate.done(door);
                    }
                })
                .whenComplete((outcome, failure) -> isolate.settle(number, failure));
    }

    /** The first isolate, which has timers and events; none once it was ended. */
    Optional<Isolate> first() {
        return all.stream()
                .filter(isolate -> isolate.index() == 0 && isolate.alive())
                .findFirst();
    }

    /** Names of the events that scripts listen to. */
    List<String> events() {
        return List.copyOf(events);
    }

    List<Source> sources() {
        return sources;
    }

    void listen(Isolate isolate, String event) {
        if (isolate.index() == 0 && !events.contains(event)) {
            events.add(event);
        }
    }

    /** Something failed and nobody waits for it. */
    void report(Throwable failure) {
        LOG.warn(
                "application={} a script failed: {}",
                application(),
                failure instanceof PolyglotException thrown
                        ? modules.flaw(thrown).toString()
                        : failure.getMessage());
    }

    /** An isolate was ended. */
    void ended(Isolate isolate) {
        all.remove(isolate);
        rested.remove(isolate);
    }

    void opened(Items stream) {
        streams.add(stream);
    }

    void closed(Items stream) {
        streams.remove(stream);
    }

    /** Whether the application declares the table itself. */
    boolean owns(Table table) {
        return bundle.tables().contains(table);
    }

    /** Answers a request. Blocks until it is answered; connections that stay are answered by the first isolate. */
    Answer answer(ScriptLogic.Place place, Call call) throws InterruptedException {
        return serve(call.action() == Action.CONNECT, isolate -> {
            Door door = new Door(isolate, call, call.transaction(), place.over());
            isolate.waits(door);
            Requests.begin(isolate, place, door);
            return door;
        });
    }

    /** Reads a row from where it comes from. Blocks until it is there. */
    Answer fetch(int source, String id) throws InterruptedException {
        return serve(false, isolate -> {
            Door door = new Door(isolate, null, null, false);
            isolate.waits(door);
            Requests.read(isolate, source, id, door);
            return door;
        });
    }

    private Answer serve(boolean stays, Function<Isolate, Door> begin) throws InterruptedException {
        if (!free.tryAcquire(PATIENCE_MILLISECONDS, TimeUnit.MILLISECONDS)) {
            throw new Failure(Failure.Code.BUSY, "the application has too much to do at once, try again");
        }
        Door door;
        Isolate isolate = null;
        try {
            isolate = take(stays);
            door = begin.apply(isolate);
        } finally {
            // While it waits others may use the isolate.
            rest(isolate);
        }
        try {
            return door.await(limits().answerNanos());
        } finally {
            isolate.done(door);
        }
    }

    private Isolate take(boolean stays) {
        Optional<Isolate> first = stays ? first() : Optional.empty();
        if (first.isPresent()) {
            rested.remove(first.get());
            return first.get();
        }
        for (Isolate isolate = rested.poll(); isolate != null; isolate = rested.poll()) {
            if (isolate.alive()) {
                return isolate;
            }
        }
        if (closing.get()) {
            throw new Failure(Failure.Code.UNAVAILABLE, "the application was replaced; ask again");
        }
        try {
            return isolate();
        } catch (PolyglotException failure) {
            report(failure);
            throw new Failure(Failure.Code.UNAVAILABLE, "the application's modules failed");
        }
    }

    private void rest(@Nullable Isolate isolate) {
        if (isolate != null && isolate.alive() && all.contains(isolate) && !rested.contains(isolate)) {
            rested.push(isolate);
        }
        free.release();
    }

    @Override
    public List<Table> tables() {
        return List.of();
    }

    @Override
    public List<Mount> mounts() {
        return mounts;
    }

    @Override
    public void started() {
        offered.set(services.offers().offer(this));
        timers.start();
    }

    @Override
    public void stopping() {
        AutoCloseable offer = offered.getAndSet(null);
        if (offer != null) {
            try {
                offer.close();
            } catch (Exception failure) {
                LOG.warn("application={} services could not be taken back", application(), failure);
            }
        }
        timers.close();
        streams.forEach(Items::complete);
        streams.clear();
    }

    @Override
    public void close() {
        if (closing.compareAndSet(false, true)) {
            stopping();
            all.forEach(isolate -> isolate.end("its time"));
        }
    }

    /** How many isolates it has now. */
    int isolates() {
        return all.size();
    }
}
