// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import dev.tarn.api.application.Answer;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.resource.Source;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A class that a table is sourced from, as the engine's source. */
final class Caching implements Source {

    /** Rows that never get old. */
    private static final Duration FOREVER = Duration.ofDays(36_500);

    private final Loaded program;
    private final Wish wish;

    /**
     * What sourcedFrom said.
     *
     * @param number of the reading function in every isolate
     * @param table its qualified name
     * @param seconds for how long a row is fresh; negative for what the table says
     */
    record Wish(int number, String table, double seconds) {}

    Caching(Loaded program, Wish wish) {
        this.program = program;
        this.wish = wish;
    }

    @Override
    public String resource() {
        return program.exported(wish.table());
    }

    @Override
    public CompletionStage<Optional<Body>> fetch(Path path) {
        try {
            int slash = path.text().indexOf('/');
            Answer answer =
                    program.fetch(wish.number(), slash < 0 ? "" : path.text().substring(slash + 1));
            return CompletableFuture.completedStage(
                    answer.said() instanceof Answer.Value value ? Optional.of(value.body()) : Optional.empty());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return CompletableFuture.failedStage(
                    new Failure(Failure.Code.UNAVAILABLE, "the application did not answer in time"));
        } catch (Failure refused) {
            return refused.code() == Failure.Code.NOT_FOUND
                    ? CompletableFuture.completedStage(Optional.empty())
                    : CompletableFuture.failedStage(refused);
        } catch (ScriptError error) {
            program.report(error);
            return CompletableFuture.failedStage(
                    new Failure(Failure.Code.UNAVAILABLE, "where this row comes from, something failed"));
        }
    }

    @Override
    public Duration fresh() {
        if (wish.seconds() >= 0) {
            return Duration.ofMillis((long) (wish.seconds() * 1000));
        }
        Duration expiration = program.known().stream()
                .filter(table -> table.qualifiedName().equals(wish.table()))
                .map(table -> table.rules().expiration())
                .findFirst()
                .orElse(Duration.ZERO);
        return expiration.isZero() ? FOREVER : expiration;
    }

    @Override
    public Duration timeout() {
        return Duration.ofNanos(program.limits().answerNanos()).plusSeconds(1);
    }
}
