// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Found;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Flow;

/** Values of an application, to be sent as the rows of a list are. */
record Items(Path path, Flow.Publisher<Body> items) implements Found {

    @Override
    public Flow.Publisher<Row> rows() {
        return to -> items.subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                to.onSubscribe(subscription);
            }

            @Override
            public void onNext(Body body) {
                to.onNext(new Row(path, body, 0, Attributes.NONE));
            }

            @Override
            public void onError(Throwable failure) {
                to.onError(failure);
            }

            @Override
            public void onComplete() {
                to.onComplete();
            }
        });
    }

    @Override
    public boolean single() {
        return false;
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
