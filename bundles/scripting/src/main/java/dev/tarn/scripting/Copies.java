// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import dev.tarn.api.application.Answer;
import dev.tarn.api.data.Failure;
import java.util.Deque;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.PolyglotException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The isolates of one version of an application. Requests take the one that was used last; the first one also has timers,
 * events and connections that stay, and is made anew when it was ended, at longer and longer intervals. Safe on any thread.
 */
final class Copies implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Copies.class);

    /** How long a request waits for an isolate that is not busy. */
    private static final long PATIENCE_MILLISECONDS = 1_000;

    /** Until the first one is made anew, the first time. */
    private static final long PAUSE_MILLISECONDS = 100;

    private static final long LONGEST_PAUSE_MILLISECONDS = 60_000;

    private final Loaded program;
    private final Modules modules;
    private final Semaphore free;
    private final Deque<Isolate> rested = new ConcurrentLinkedDeque<>();
    private final Set<Isolate> all = ConcurrentHashMap.newKeySet();
    private final AtomicInteger numbers = new AtomicInteger(1);
    private final AtomicBoolean closing = new AtomicBoolean();

    /** Until the first one is made anew the next time. */
    private final AtomicLong pause = new AtomicLong(PAUSE_MILLISECONDS);

    Copies(Loaded program, Modules modules) {
        this.program = program;
        this.modules = modules;
        this.free = new Semaphore(program.limits().isolates());
    }

    /** Makes the first one. Modules fail as they do. */
    Isolate begin() {
        Isolate first = make(0);
        rested.push(first);
        return first;
    }

    private Isolate make(int index) {
        Context context = program.graal().context(modules.files(), program.limits());
        boolean made = false;
        try {
            Isolate isolate = new Isolate(program, index, context);
            isolate.turn(isolate::prepare);
            isolate.turn(() -> {
                modules.run(isolate);
                isolate.loaded();
            });
            all.add(isolate);
            made = true;
            if (closing.get()) {
                isolate.end("its time");
            }
            return isolate;
        } finally {
            if (!made) {
                context.close(true);
            }
        }
    }

    /** The first one, which has timers and events; none for a moment after it was ended. */
    Optional<Isolate> first() {
        return all.stream()
                .filter(isolate -> isolate.index() == 0 && isolate.alive())
                .findFirst();
    }

    /** One was ended. */
    void ended(Isolate isolate) {
        boolean served = all.remove(isolate);
        rested.remove(isolate);
        if (served && isolate.index() == 0 && !closing.get()) {
            long wait = pause.getAndUpdate(last -> Math.min(LONGEST_PAUSE_MILLISECONDS, last * 2));
            program.graal().after(wait, false, () -> program.graal().later(this::again));
        }
    }

    /** Makes the first one anew. */
    private void again() {
        if (closing.get()) {
            return;
        }
        try {
            Isolate first = make(0);
            rested.push(first);
            program.again(first);
            LOG.info("application={} its timers, events and connections go on", program.application());
        } catch (PolyglotException failure) {
            program.report(failure);
        } catch (Failure over) {
            LOG.warn("application={} its modules failed: {}", program.application(), over.reason());
        }
    }

    /**
     * Has something begun in one, and waits for the answer.
     *
     * @param stays whether it is about a connection that stays
     */
    Answer serve(boolean stays, Function<Isolate, Door> begin) throws InterruptedException {
        if (!free.tryAcquire(PATIENCE_MILLISECONDS, TimeUnit.MILLISECONDS)) {
            throw new Failure(Failure.Code.BUSY, "the application has too much to do at once, try again");
        }
        Door door;
        Isolate isolate = null;
        try {
            isolate = stays ? staying() : take();
            door = begin.apply(isolate);
        } finally {
            // While it waits others may use the isolate.
            rest(isolate);
        }
        try {
            return door.await(program.limits().answerNanos());
        } finally {
            isolate.done(door);
        }
    }

    private Isolate staying() {
        Isolate first = first().orElseThrow(() ->
                new Failure(Failure.Code.UNAVAILABLE, "the application is being started again; connect again"));
        rested.remove(first);
        return first;
    }

    private Isolate take() {
        for (Isolate isolate = rested.poll(); isolate != null; isolate = rested.poll()) {
            if (isolate.alive()) {
                return isolate;
            }
        }
        if (closing.get()) {
            throw new Failure(Failure.Code.UNAVAILABLE, "the application was replaced; ask again");
        }
        try {
            return make(numbers.getAndIncrement());
        } catch (PolyglotException failure) {
            program.report(failure);
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
    public void close() {
        if (closing.compareAndSet(false, true)) {
            all.forEach(isolate -> isolate.end("its time"));
        }
    }
}
