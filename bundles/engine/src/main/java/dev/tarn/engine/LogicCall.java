// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.application.Action;
import dev.tarn.api.application.Answer;
import dev.tarn.api.application.Call;
import dev.tarn.api.application.Outcome;
import dev.tarn.api.application.Request;
import dev.tarn.api.application.Rows;
import dev.tarn.api.application.Transaction;
import dev.tarn.api.application.Transactions;
import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Property;
import dev.tarn.api.resource.Context;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** A request as logic sees it, in one {@link Attempt}. */
final class LogicCall implements Call {

    private final Attempt attempt;
    private final Errands.Place place;
    private final Action action;
    private final Path path;
    private final Request request;
    private Answer answer = Answer.PLAIN;

    LogicCall(Attempt attempt, Errands.Place place, Action action, Path path, Request request) {
        this.attempt = attempt;
        this.place = place;
        this.action = action;
        this.path = path;
        this.request = request;
    }

    @Override
    public Action action() {
        return action;
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public @Nullable String id() {
        return place.exported().id(path);
    }

    @Override
    public String query() {
        return request.query();
    }

    @Override
    public @Nullable Body body() {
        return request.body();
    }

    @Override
    public @Nullable Object value() {
        Body body = request.body();
        return body == null ? null : place.exported().schema().seen(body, attributes());
    }

    @Override
    public Attributes attributes() {
        return request.terms().attributes();
    }

    @Override
    public List<Property> headers() {
        return request.headers();
    }

    @Override
    public Context context() {
        return place.context();
    }

    @Override
    public Flow.@Nullable Publisher<Body> incoming() {
        return request.incoming();
    }

    @Override
    public Rows plain() {
        if (place.exported().endpoint()) {
            throw new Failure(Failure.Code.UNSUPPORTED, "there is no table behind " + path.first());
        }
        return new AttemptRows(attempt, place.context(), place.exported(), request.terms());
    }

    @Override
    public Transaction transaction() {
        return attempt;
    }

    @Override
    public Transaction own() {
        return attempt.own();
    }

    @Override
    public CompletionStage<Outcome> later(Transactions.Work work) {
        return attempt.later(work);
    }

    @Override
    public void answer(Answer given) {
        answer = given;
    }

    /** What is answered, all things considered. */
    Answer answered(Answer returned) {
        return returned.equals(Answer.PLAIN) ? answer : returned;
    }

    @Override
    public Bodies bodies() {
        return attempt.parts().commons().payloads().bodies();
    }
}
