// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.application.Action;
import dev.tarn.api.application.Answer;
import dev.tarn.api.application.Call;
import dev.tarn.api.application.Logic;
import dev.tarn.api.application.Outcome;
import dev.tarn.api.application.Transactions;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.resource.Terms;
import dev.tarn.api.security.User;
import dev.tarn.api.store.Write;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what requests ask of logic, each as one optimistic transaction: run on a thread for applications, committed under the
 * condition that the rows it read are as it read them, and run again where they are not; one such second run at a time a
 * row. What a connection writes keeps its order. Safe on any thread.
 */
final class Errands {

    private static final User SELF = new User("application", Set.of(), true);

    private static final Logger LOG = LoggerFactory.getLogger(Errands.class);

    /** How often a request is run, the first time included. */
    static final int MOST_RUNS = 32;

    /** Where a request goes; its call is counted there until it ends. */
    record Place(CallContext context, Action action, Exported exported, Mounted mounted, Path path) {
        Logic logic() {
            return mounted.logic();
        }
    }

    /** What is done in each run. */
    interface Work {
        Answer in(Attempt run) throws Exception;
    }

    private final Commons commons;
    private final Attempt.Parts parts;
    private final ApplicationThreads threads;

    /** The last of those that wait for a row, by its path. */
    private final ConcurrentHashMap<Path, CompletableFuture<Void>> queues = new ConcurrentHashMap<>();

    Errands(Commons commons, Attempt.Parts parts, ApplicationThreads threads) {
        this.commons = commons;
        this.parts = parts;
        this.threads = threads;
    }

    /** What a request's logic answers value by value, and what comes in to it. */
    Flowing flowing(Place place) {
        return new Flowing(place, threads);
    }

    CompletableFuture<Outcome> run(Place place, Terms terms, Work work) {
        Errand errand = new Errand(place, terms, work);
        if (place.action().writes()) {
            place.context().gate().turn(errand::first);
        } else {
            errand.first();
        }
        return errand.answer;
    }

    /** Does what nobody has asked for: with the rights of the application. */
    CompletableFuture<Outcome> run(String application, Duration limit, Transactions.Work work) {
        Mounted alone = new Mounted(application, new ByItself(limit), true, threads);
        Path path = Path.of(application);
        Exported nowhere = Deployments.nowhere(commons.payloads(), alone);
        CallContext context = new CallContext(SELF, "application", "application/" + application, null);
        if (!alone.enter()) {
            throw new IllegalStateException("it is new, and never replaced");
        }
        return run(new Place(context, Action.GET, nowhere, alone, path), Terms.NONE, run -> {
            work.in(run);
            return Answer.PLAIN;
        });
    }

    /** Stands for an application where no resource of it is asked. */
    private record ByItself(Duration limit) implements Logic {
        @Override
        public Set<Action> actions() {
            return Set.of();
        }

        @Override
        public Answer answer(Call call) {
            return Answer.PLAIN;
        }
    }

    /** One request, through all its runs. One run at a time. */
    private final class Errand {
        private final Place place;
        private final Terms terms;
        private final Work work;
        private final CompletableFuture<Outcome> answer = new CompletableFuture<>();
        private final AtomicBoolean over = new AtomicBoolean();
        private int runs;

        /** Completed when the next one may have the row; null while this one does not wait for it. */
        private @Nullable CompletableFuture<Void> queued;

        Errand(Place place, Terms terms, Work work) {
            this.place = place;
            this.terms = terms;
            this.work = work;
        }

        void first() {
            if (place.action().writes() && queues.containsKey(place.path())) {
                queue();
                return;
            }
            try {
                runs++;
                threads.begin(new Run());
            } catch (Failure busy) {
                failed(busy);
            }
        }

        /** Others were faster. */
        private void again(Failure conflict) {
            if (runs >= MOST_RUNS) {
                failed(new Failure(
                        Failure.Code.CONFLICT,
                        "others changed the same rows each of " + runs + " times; " + conflict.reason()));
            } else if (queued == null && place.action().writes()) {
                queue();
            } else {
                go();
            }
        }

        private void queue() {
            CompletableFuture<Void> mine = new CompletableFuture<>();
            queued = mine;
            CompletableFuture<Void> before = queues.put(place.path(), mine);
            if (before == null) {
                go();
            } else {
                before.whenComplete((done, never) -> go());
            }
        }

        private void go() {
            try {
                runs++;
                threads.go(new Run());
            } catch (Failure stopping) {
                failed(stopping);
            }
        }

        private final class Run extends Timed {
            Run() {
                super(place.mounted());
            }

            @Override
            String what() {
                return place.action() + " " + place.path();
            }

            @Override
            @SuppressWarnings("CatchingUnchecked") // Applications throw whatever they like.
            void work() {
                Attempt run = new Attempt(parts, place, Errands.this);
                Answer said;
                try {
                    said = work.in(run);
                } catch (Throwable thrown) {
                    run.close();
                    if (inTime()) {
                        thrown(run, thrown);
                    }
                    return;
                }
                run.close();
                if (inTime()) {
                    done(run, said);
                } else {
                    Flowing.drop(said);
                }
            }

            @Override
            void expired() {
                LOG.warn(
                        "logic took too long and was interrupted: application={} action={} path={} milliseconds={}",
                        place.mounted().application(),
                        place.action(),
                        place.path(),
                        place.mounted().limitNanos() / 1_000_000);
                failed(new Failure(
                        Failure.Code.UNAVAILABLE,
                        "the application took longer than " + place.mounted().limitNanos() / 1_000_000 + " ms"));
            }
        }

        private void thrown(Attempt run, Throwable thrown) {
            if (run.torn()) {
                // What it saw never was: rows of two moments.
                again(new Failure(Failure.Code.CONFLICT, "the rows that were read have changed"));
            } else {
                failed(Mishap.of(place, thrown));
            }
        }

        private void done(Attempt run, Answer said) {
            if (said.status() >= 400) {
                over(new Outcome(run.path(), Mishap.nothing(commons), said), null, null);
                return;
            }
            try {
                Write write = run.write(terms.alongside());
                if (write.drafts().isEmpty()) {
                    if (run.torn()) {
                        Flowing.drop(said);
                        again(new Failure(Failure.Code.CONFLICT, "the rows that were read have changed"));
                        return;
                    }
                    over(new Outcome(run.path(), Mishap.nothing(commons), run.seen(said)), null, run);
                    return;
                }
                commit(run, said, write);
            } catch (Failure refusal) {
                failed(refusal);
            } catch (RuntimeException bug) {
                LOG.error("a request failed", bug);
                failed(bug);
            }
        }

        private void commit(Attempt run, Answer said, Write write) {
            boolean certain = !run.conditional();
            Trail trail = commons.permissions().trail();
            Write whole = new Write(trail.with(place.context(), write.drafts()), write.conditions());
            commons.store().commit(whole).whenComplete((written, failure) -> {
                if (failure == null) {
                    Commit commit = Trail.without(written);
                    if (!certain) {
                        turned();
                    }
                    // Told and settled once what was written is on its way to everybody.
                    commons.horizon().whenOffered(commit.sequence(), () -> settle(run, said, commit));
                    return;
                }
                Throwable cause = cause(failure);
                Flowing.drop(said);
                if (cause instanceof Failure refusal && !certain && conflict(refusal)) {
                    again(refusal);
                    return;
                }
                trail.failed(place.context(), write.drafts(), cause);
                if (certain) {
                    settled();
                    end(null, cause);
                } else {
                    failed(cause);
                }
            });
            if (certain) {
                // It cannot be run again, so what comes after it need not wait for more than its place in the queue.
                turned();
            }
        }

        private static boolean conflict(Failure refusal) {
            return (refusal.code() == Failure.Code.PRECONDITION || refusal.code() == Failure.Code.CONFLICT)
                    && refusal.violations().isEmpty();
        }

        private void settle(Attempt run, Answer said, Commit commit) {
            CompletableFuture<Void> told = run.tell();
            settled();
            Outcome outcome = new Outcome(run.path(), run.own(commit), run.seen(said));
            told.whenComplete((done, behind) -> end(outcome, null));
        }

        private void failed(Throwable failure) {
            over(null, failure, null);
        }

        /** Ends it without a commit; messages go before what the connection has asked for since. */
        private void over(@Nullable Outcome outcome, @Nullable Throwable failure, @Nullable Attempt run) {
            if (!over.compareAndSet(false, true)) {
                return;
            }
            boolean telling = run != null && run.tells();
            Runnable last = telling && run != null
                    ? () -> run.tell().whenComplete((done, behind) -> end(outcome, failure))
                    : null;
            if (place.action().writes()) {
                place.context().gate().turned(last);
            } else if (last != null) {
                place.context().gate().message(last);
            }
            if (last == null) {
                end(outcome, failure);
            }
        }

        private void turned() {
            if (place.action().writes() && over.compareAndSet(false, true)) {
                place.context().gate().turned();
            }
        }

        private void settled() {
            if (place.action().writes()) {
                place.context().gate().settled();
            }
        }

        private void end(@Nullable Outcome outcome, @Nullable Throwable failure) {
            place.mounted().leave();
            CompletableFuture<Void> mine = queued;
            if (mine != null) {
                queues.remove(place.path(), mine);
                mine.complete(null);
            }
            if (failure != null) {
                answer.completeExceptionally(failure);
            } else if (outcome != null) {
                answer.complete(outcome);
            }
        }
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
