// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.application.Action;
import dev.tarn.api.application.Answer;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.security.Access;
import dev.tarn.engine.query.Sight;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * What logic answers as the caller may see it: hidden attributes are taken out of every answer, and what is read is seen as
 * the plain table's rows would be. Immutable.
 */
final class Shown {

    private final Payloads payloads;
    private final String table;
    private final Path path;
    private final Sight sight;

    Shown(Commons commons, Errands.Place place, Path path) {
        this.payloads = commons.payloads();
        this.table = place.exported().name();
        this.path = path;
        boolean reads = place.action() == Action.GET || place.action() == Action.FIND;
        this.sight = reads
                ? commons.permissions()
                        .sight(
                                place.context(),
                                Access.Verb.READ,
                                place.exported().table())
                : Sight.ALL;
    }

    Answer of(Answer answer) {
        if (answer.said() instanceof Answer.Stored stored) {
            Row row = row(stored.row());
            return saying(answer, row == null ? new Answer.Absent() : new Answer.Stored(row));
        }
        if (answer.said() instanceof Answer.Value value) {
            Body body = body(value.body());
            return saying(answer, body == null ? new Answer.Absent() : new Answer.Value(body));
        }
        if (answer.said() instanceof Answer.Items items) {
            return saying(answer, new Answer.Items(subscriber -> items.items().subscribe(new Each(subscriber))));
        }
        return answer;
    }

    private static Answer saying(Answer answer, Answer.Said said) {
        return new Answer(answer.status(), answer.headers(), said);
    }

    private @Nullable Row row(Row row) {
        Row shown = payloads.row(table, row);
        return sight.whole() ? shown : sight.see(shown);
    }

    private @Nullable Body body(Body body) {
        if (!body.structured()) {
            return body;
        } else if (body.value() instanceof List<?> list) {
            return list(body, list);
        } else if (!(body.value() instanceof Map<?, ?>)) {
            return body;
        }
        Row row = row(new Row(path, body, 0, Attributes.NONE));
        return row == null ? null : row.body();
    }

    /** Several rows at once. */
    private Body list(Body body, List<?> list) {
        List<@Nullable Object> shown = new ArrayList<>(list.size());
        boolean same = true;
        for (Object each : list) {
            if (!(each instanceof Map<?, ?> map)) {
                shown.add(each);
                continue;
            }
            Body before = payloads.bodies().of(map);
            Body after = body(before);
            same &= after == before;
            if (after != null) {
                shown.add(after.value());
            }
        }
        return same ? body : payloads.bodies().of(shown);
    }

    /** Passes on what may be seen. */
    private final class Each implements Flow.Subscriber<Body> {
        private final Flow.Subscriber<? super Body> to;
        private Flow.@Nullable Subscription subscription;

        Each(Flow.Subscriber<? super Body> to) {
            this.to = to;
        }

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription = given;
            to.onSubscribe(given);
        }

        @Override
        public void onNext(Body body) {
            Body shown = body(body);
            if (shown != null) {
                to.onNext(shown);
            } else if (subscription != null) {
                subscription.request(1);
            }
        }

        @Override
        public void onError(Throwable failure) {
            to.onError(failure);
        }

        @Override
        public void onComplete() {
            to.onComplete();
        }
    }
}
