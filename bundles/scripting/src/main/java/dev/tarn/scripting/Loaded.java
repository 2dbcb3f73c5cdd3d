// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import dev.tarn.api.application.Action;
import dev.tarn.api.application.Answer;
import dev.tarn.api.application.Call;
import dev.tarn.api.application.Mount;
import dev.tarn.api.application.Program;
import dev.tarn.api.application.Transaction;
import dev.tarn.api.application.Transactions;
import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Source;
import dev.tarn.api.resource.Subscriber;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.graalvm.polyglot.PolyglotException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One version of one application's scripts: what they export, and what they need of the server. Safe on any thread. */
final class Loaded implements Program {

    private static final Logger LOG = LoggerFactory.getLogger(Loaded.class);

    private final Services services;
    private final Bundle bundle;
    private final Modules modules;
    private final Timers timers;
    private final Copies copies;
    private final AtomicReference<@Nullable AutoCloseable> offered = new AtomicReference<>();
    private final AtomicBoolean serving = new AtomicBoolean();
    private final Map<String, String> exports = new ConcurrentHashMap<>();
    private final List<String> events = new CopyOnWriteArrayList<>();
    private final Absent absent = new Absent();
    private final List<Mount> mounts;
    private final List<Source> sources;
    private final Fetcher fetcher;

    /** Where the last turn was that was ended for what it took; the first module until then. */
    private volatile Flaw place;

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
        Mailbox open(String application, @Nullable Context caller, Executor loop, Subscriber subscriber);
    }

    /**
     * Runs the modules for the first time.
     *
     * @throws Failure INVALID when one cannot be read, fails, or exports what cannot be served
     */
    Loaded(Services services, Bundle bundle) {
        this.services = services;
        this.bundle = bundle;
        this.place = new Flaw(bundle.modules().get(0), 0, "");
        this.fetcher = new Fetcher(services.graal(), bundle.network());
        this.timers = new Timers(services.graal());
        this.modules = Modules.read(bundle);
        this.copies = new Copies(this, modules);
        try {
            Isolate first = copies.begin();
            mounts = Exports.mounts(this, first.exports());
            sources = first.sources().stream()
                    .map(source -> (Source) new Caching(this, source.wish()))
                    .toList();
        } catch (PolyglotException failure) {
            close();
            throw Flaw.refusal(List.of(flaw(failure)));
        } catch (Failure over) {
            close();
            throw over.code() == Failure.Code.INVALID ? over : Flaw.refusal(List.of(place.on(over.reason())));
        } catch (RuntimeException failure) {
            close();
            throw failure;
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

    Absent absent() {
        return absent;
    }

    private Flaw flaw(PolyglotException failure) {
        Flaw flaw = modules.flaw(failure);
        return absent.told(flaw, modules.around(flaw));
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

    Mailbox mailbox(@Nullable Context caller, Executor loop, Subscriber subscriber) {
        return services.mailboxes().open(application(), caller, loop, subscriber);
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

    /** The first isolate, which has timers and events; none for a moment after it was ended. */
    Optional<Isolate> first() {
        return copies.first();
    }

    /** The first isolate is there, anew: if the application serves, it follows what sources tell. */
    void again(Isolate first) {
        if (serving.get()) {
            follow(first);
        }
    }

    private void follow(Isolate first) {
        first.hand(() -> first.function("follow").execute());
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
                failure instanceof PolyglotException thrown ? flaw(thrown).toString() : failure.getMessage());
    }

    /** A turn was ended in the middle, for what it took. */
    void endedAt(PolyglotException cancelled, String why) {
        place = modules.flaw(cancelled);
        LOG.warn("a script was ended: application={} at={} took=\"{}\"", application(), place.place(), why);
    }

    /** An isolate was ended. */
    void ended(Isolate isolate) {
        copies.ended(isolate);
    }

    /** Whether other tables are reached with rights of its own. */
    boolean own() {
        return bundle.own();
    }

    /** Whether the application declares the table itself. */
    boolean owns(Table table) {
        return bundle.tables().contains(table);
    }

    /** Answers a request. Blocks until it is answered; connections that stay are answered by the first isolate. */
    Answer answer(ScriptLogic.Place place, Call call) throws InterruptedException {
        return copies.serve(call.action() == Action.CONNECT, isolate -> {
            Transaction transaction = bundle.own() ? call.own() : call.transaction();
            Door door = new Door(isolate, call, transaction, place.over());
            isolate.waits(door);
            Requests.begin(isolate, place, door);
            return door;
        });
    }

    /** Reads a row from where it comes from. Blocks until it is there. */
    Answer fetch(int source, String id) throws InterruptedException {
        return copies.serve(false, isolate -> {
            Door door = new Door(isolate, null, null, false);
            isolate.waits(door);
            Requests.read(isolate, source, id, door);
            return door;
        });
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
        serving.set(true);
        first().ifPresent(this::follow);
    }

    @Override
    public void stopping() {
        serving.set(false);
        AutoCloseable offer = offered.getAndSet(null);
        if (offer != null) {
            try {
                offer.close();
            } catch (Exception failure) {
                LOG.warn("application={} services could not be taken back", application(), failure);
            }
        }
        timers.close();
    }

    @Override
    public void close() {
        stopping();
        copies.close();
    }
}
