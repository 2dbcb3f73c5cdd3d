// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.application.Answer;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Found;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Flow;
import java.util.concurrent.SubmissionPublisher;

/** What logic found, as rows of one path, for those who know nothing but rows. */
record FoundItems(Path path, Flow.Publisher<Body> items, boolean single) implements Found {

    static Found of(Path path, Answer answer) {
        Answer.Said said = answer.said();
        if (said instanceof Answer.Rows rows) {
            return rows.found();
        } else if (said instanceof Answer.Items items) {
            return new FoundItems(path, items.items(), false);
        } else if (said instanceof Answer.Value value) {
            return new FoundItems(path, one(List.of(value.body())), true);
        } else if (said instanceof Answer.Stored stored) {
            return new FoundItems(path, one(List.of(stored.row().body())), true);
        }
        throw new Failure(Failure.Code.NOT_FOUND, "nothing is found at " + path);
    }

    private static Flow.Publisher<Body> one(List<Body> bodies) {
        return subscriber -> {
            try (SubmissionPublisher<Body> publisher = new SubmissionPublisher<>(Runnable::run, 1)) {
                publisher.subscribe(subscriber);
                bodies.forEach(publisher::submit);
            }
        };
    }

    @Override
    public Flow.Publisher<Row> rows() {
        return subscriber -> items.subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscriber.onSubscribe(subscription);
            }

            @Override
            public void onNext(Body body) {
                subscriber.onNext(new Row(path, body, 0, Attributes.NONE));
            }

            @Override
            public void onError(Throwable failure) {
                subscriber.onError(failure);
            }

            @Override
            public void onComplete() {
                subscriber.onComplete();
            }
        });
    }

    @Override
    public String access() {
        return "application";
    }

    @Override
    public long offset() {
        return -1;
    }

    @Override
    public long limit() {
        return Long.MAX_VALUE;
    }

    @Override
    public OptionalLong total() {
        return OptionalLong.empty();
    }

    @Override
    public Optional<String> next() {
        return Optional.empty();
    }
}
