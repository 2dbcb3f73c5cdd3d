// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import dev.tarn.api.data.Failure;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.PolyglotException;
import org.graalvm.polyglot.Source;
import org.graalvm.polyglot.Value;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One copy of an application's modules, with its own variables. One thread at a time is in it, for a turn: until what it
 * does waits for something or is done. Requests that wait do so side by side. What is handed in from elsewhere is queued
 * and done by whoever is in it, or by a thread for such things. A lock is held for the length of a turn (decision 0201).
 */
final class Isolate {

    private static final Logger LOG = LoggerFactory.getLogger(Isolate.class);

    private static final List<String> FUNCTIONS =
            List.of("serve", "work", "settle", "pull", "cancel", "push", "end", "fire", "happened", "source", "follow");

    private final Loaded program;
    private final int index;
    private final Context context;
    private final ReentrantLock lock = new ReentrantLock();
    private final Queue<Runnable> handed = new ConcurrentLinkedQueue<>();
    private final Set<Door> waiting = ConcurrentHashMap.newKeySet();
    private final Set<Items> streams = ConcurrentHashMap.newKeySet();
    private final AtomicReference<@Nullable String> ended = new AtomicReference<>();
    private @Nullable Value main;
    private @Nullable Values values;
    private Map<String, Value> functions = Map.of();

    /** Whether its modules have been run; read and written with the lock. */
    private boolean loaded;

    /** What tables come from, in the order in which it is said; the same in every isolate. */
    private final List<Sourced> sources = new CopyOnWriteArrayList<>();

    /** Where the rows of a table come from, and the function that reads one. */
    record Sourced(Caching.Wish wish, Value read) {}

    /** What modules export, by module and name; complete when it is loaded. */
    private final Map<String, Modules.Exported> exports = new LinkedHashMap<>();

    /** One in which nothing has been run yet. */
    Isolate(Loaded program, int index, Context context) {
        this.program = program;
        this.index = index;
        this.context = context;
    }

    /** Runs what comes before modules; the first turn. */
    void prepare() {
        Value run = Prelude.run(context, new Host(program, this), parts -> values = new Values(parts));
        main = run;
        Map<String, Value> found = new HashMap<>();
        for (String name : FUNCTIONS) {
            found.put(name, run.getMember(name));
        }
        functions = Map.copyOf(found);
    }

    /** Its modules have been run; at the end of that turn. */
    void loaded() {
        loaded = true;
    }

    /** Evaluates a source; within a turn. */
    Value evaluate(Source source) {
        return context.eval(source);
    }

    int index() {
        return index;
    }

    String application() {
        return program.application();
    }

    Values values() {
        return Objects.requireNonNull(values);
    }

    Value main() {
        return Objects.requireNonNull(main);
    }

    Value function(String name) {
        Value function = functions.get(name);
        if (function == null) {
            throw new IllegalArgumentException(name);
        }
        return function;
    }

    /** A class says that a table comes from it. */
    void sourced(String table, double seconds, Value read) {
        sources.add(new Sourced(new Caching.Wish(sources.size(), table, seconds), read));
    }

    List<Sourced> sources() {
        return List.copyOf(sources);
    }

    /** Remembers a class that a module exports. */
    void export(Modules.Exported exported) {
        exports.put(exported.key(), exported);
    }

    /** What its modules export, in their order. */
    List<Modules.Exported> exports() {
        return List.copyOf(exports.values());
    }

    Value exported(String key) {
        Modules.Exported exported = exports.get(key);
        if (exported == null) {
            throw new IllegalArgumentException(key);
        }
        return exported.cls();
    }

    /** Whether it can still be used. */
    boolean alive() {
        return ended.get() == null;
    }

    boolean idle() {
        return waiting.isEmpty() && handed.isEmpty() && !lock.isLocked();
    }

    /** Whether this thread is in it. */
    boolean inside() {
        return lock.isHeldByCurrentThread();
    }

    /** Somebody waits for an answer; he hears of it when the isolate ends. */
    void waits(Door door) {
        waiting.add(door);
        String why = ended.get();
        if (why != null) {
            door.ended(why);
        }
    }

    void done(Door door) {
        waiting.remove(door);
    }

    /** Values are said one by one; who reads them hears of it when the isolate ends. */
    void opened(Items stream) {
        streams.add(stream);
        if (!alive()) {
            stream.fail(gone());
        }
    }

    /** They have all been said, or nobody reads them. */
    void closed(Items stream) {
        streams.remove(stream);
    }

    /**
     * Runs a turn on this thread, and what was handed in meanwhile.
     *
     * @throws Failure UNAVAILABLE when the isolate was ended
     */
    void turn(Runnable action) {
        lock.lock();
        try {
            run(action);
            drain();
        } finally {
            lock.unlock();
        }
        hurry();
    }

    /** Has something done in a turn of its own, on another thread. */
    void hand(Runnable action) {
        handed.add(action);
        hurry();
    }

    private void hurry() {
        if (!handed.isEmpty() && alive()) {
            program.graal().later(() -> {
                lock.lock();
                try {
                    drain();
                } finally {
                    lock.unlock();
                }
            });
        }
    }

    private void drain() {
        for (Runnable next = handed.poll(); next != null; next = handed.poll()) {
            try {
                run(next);
            } catch (Failure over) {
                LOG.debug("a turn was dropped: {}", over.reason());
            } catch (PolyglotException failure) {
                program.report(failure);
            }
        }
    }

    /** What somebody in it waits for has come, or failed. */
    void settle(int number, @Nullable Throwable failure) {
        hand(() -> {
            Throwable cause = failure instanceof CompletionException wrapped ? wrapped.getCause() : failure;
            Object told = cause == null
                    ? null
                    : values().list(List.of(
                            cause instanceof Failure refused ? HostRows.status(refused) : 500,
                            String.valueOf(cause.getMessage())));
            function("settle").execute(number, cause != null, told);
        });
    }

    /** Holding the lock. */
    private void run(Runnable action) {
        if (!alive()) {
            throw gone();
        }
        Overseer.Turn turn = program.graal()
                .overseer()
                .begin(this, loaded ? program.limits() : program.limits().loading());
        try {
            context.enter();
            try {
                if (loaded && program.limits().statements() > 0) {
                    context.resetLimits();
                }
                action.run();
            } finally {
                context.leave();
            }
        } catch (PolyglotException failure) {
            if (failure.isCancelled() || failure.isResourceExhausted() || failure.isInternalError()) {
                end(failure.isCancelled() ? "more than it may" : String.valueOf(failure.getMessage()));
                program.endedAt(failure, String.valueOf(ended.get()));
                throw gone();
            }
            throw failure;
        } catch (IllegalStateException closed) {
            if (!alive()) {
                throw gone();
            }
            throw closed;
        } finally {
            program.graal().overseer().end(turn);
        }
    }

    private Failure gone() {
        return new Failure(Failure.Code.UNAVAILABLE, "the application was ended since it took " + ended.get());
    }

    /** Ends it for good, whatever runs in it: requests that wait in it fail. */
    void end(String why) {
        if (ended.compareAndSet(null, why)) {
            program.ended(this);
            waiting.forEach(door -> door.ended(why));
            streams.forEach(stream -> stream.fail(gone()));
            handed.clear();
        }
        context.close(true);
    }
}
