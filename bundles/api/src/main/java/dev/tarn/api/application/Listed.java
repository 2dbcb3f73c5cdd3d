// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Found;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Flow;
import java.util.concurrent.SubmissionPublisher;

/**
 * Bodies that logic answers, as the rows of one path.
 *
 * @param single whether there is but one, which is the answer itself
 */
record Listed(Path path, Flow.Publisher<Body> items, boolean single) implements Found {

    /** One body. */
    static Listed of(Path path, Body body) {
        Flow.Publisher<Body> one = subscriber -> {
            try (SubmissionPublisher<Body> publisher = new SubmissionPublisher<>(Runnable::run, 1)) {
                publisher.subscribe(subscriber);
                publisher.submit(body);
            }
        };
        return new Listed(path, one, true);
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
