// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import dev.tarn.api.application.Answer;
import dev.tarn.api.application.Call;
import dev.tarn.api.application.Rows;
import dev.tarn.api.application.Transaction;
import dev.tarn.api.data.Failure;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * What one request, or something that no request began, reaches the tables through. Handed to the isolate as a token that it
 * cannot look into. Tables are reached on the thread that is in the isolate; the answer is set there and awaited elsewhere.
 */
final class Door {

    private final Isolate isolate;
    private final @Nullable Call call;
    private final @Nullable Transaction transaction;
    private final boolean over;
    private final CompletableFuture<Answer> answer = new CompletableFuture<>();
    private final Map<String, Rows> tables = new HashMap<>();
    private final Map<String, Rows> judged = new HashMap<>();

    /** Whether {@code allowRead} or its like is being asked. */
    private boolean judging;

    private @Nullable Rows plain;

    /** The last refusal, so that it is passed on as it was when the script does. */
    private @Nullable Failure refused;

    /** The id of the last row that was created. */
    private @Nullable String created;

    /**
     * For one request, or for a transaction that none began.
     *
     * @param call null where no request is served
     * @param transaction null for the reading of a source, which has none
     * @param over whether what is served is over a table
     */
    Door(Isolate isolate, @Nullable Call call, @Nullable Transaction transaction, boolean over) {
        this.isolate = isolate;
        this.call = call;
        this.transaction = transaction;
        this.over = over;
    }

    @Nullable
    Call call() {
        return call;
    }

    /** Whether what is served may write, so that no answer is one. */
    boolean writes() {
        return call != null && call.action().writes();
    }

    Isolate isolate() {
        return isolate;
    }

    /**
     * A table.
     *
     * @param own whether it is the one that is served here, as its caller sees it
     * @throws Failure UNAVAILABLE once the request is answered
     */
    Rows rows(String table, boolean own) {
        if (answer.isDone()) {
            throw new Failure(
                    Failure.Code.UNAVAILABLE,
                    "the request is answered; what goes on after it uses tables." + name(table));
        }
        if (transaction == null) {
            throw new Failure(
                    Failure.Code.UNSUPPORTED, "a source that is read has no transaction; use tables." + name(table));
        }
        if (own && over && call != null) {
            if (plain == null) {
                plain = call.plain();
            }
            return plain;
        }
        return judging && call != null
                ? judged.computeIfAbsent(table, call.own()::table)
                : tables.computeIfAbsent(table, transaction::table);
    }

    /** Who decides whether somebody may do something may look at everything. */
    void judge(boolean begin) {
        judging = begin;
    }

    private static String name(String table) {
        return table.substring(table.indexOf('.') + 1);
    }

    Failure refused(Failure failure) {
        refused = failure;
        return failure;
    }

    void created(String id) {
        created = id;
    }

    /** Whether what is answered is just the id of the row that was created. */
    boolean isCreated(@Nullable Object value) {
        return created != null && created.equals(value);
    }

    void answer(Answer said) {
        answer.complete(said);
    }

    /** The script failed with this. */
    void fail(int status, String message, String stack) {
        Failure last = refused;
        if (last != null && last.reason().equals(message)) {
            answer.completeExceptionally(last);
        } else if (status >= 400 && status <= 599) {
            answer.completeExceptionally(Failure.of(status, message));
        } else {
            answer.completeExceptionally(new ScriptError(message, stack));
        }
    }

    /** It failed before the script could say anything. */
    void fail(Throwable failure) {
        answer.completeExceptionally(failure);
    }

    /** The isolate is gone. */
    void ended(String why) {
        answer.completeExceptionally(
                new Failure(Failure.Code.UNAVAILABLE, "the application was ended since it took " + why));
    }

    /**
     * The answer, once it is there.
     *
     * @throws Failure what the script refused with; UNAVAILABLE when it takes too long
     * @throws ScriptError when it failed otherwise
     */
    Answer await(long nanos) throws InterruptedException {
        try {
            return answer.get(nanos, TimeUnit.NANOSECONDS);
        } catch (TimeoutException late) {
            Failure failure = new Failure(
                    Failure.Code.UNAVAILABLE, "the application did not answer within " + nanos / 1_000_000 + " ms");
            answer.completeExceptionally(failure);
            throw failure;
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(failed.getCause());
        }
    }
}
