// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.api.application.Action;
import dev.tarn.api.application.Answer;
import dev.tarn.api.application.Outcome;
import dev.tarn.api.application.Request;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Property;
import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Found;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Terms;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Lets applications take connections over: WebSockets and streams of events. On the exchange's loop. */
public final class Takeover {
    private Takeover() {}

    /** Whether an application takes over what is opened at the path of this request. Quick. */
    public static boolean wanted(Resources resources, HttpExchange exchange) {
        Path path = path(exchange);
        return path != null && resources.overridden(exchange.context(), path, Action.CONNECT);
    }

    /** The path without the slash at the end; null for what is no path but a filter. */
    private static @Nullable Path path(HttpExchange exchange) {
        List<String> segments = exchange.segments();
        int last = segments.size() - 1;
        boolean folder = last > 0 && segments.get(last).isEmpty();
        String text = String.join("/", folder ? segments.subList(0, last) : segments);
        return text.isEmpty() || text.indexOf('+') >= 0 || text.indexOf('#') >= 0 ? null : Path.of(text);
    }

    /**
     * Asks the application. A refusal is told before anything is sent.
     *
     * @param incoming what comes in; null where nothing can
     * @param then gets what goes out, and subscribes to it
     * @param otherwise is told why not
     */
    public static void ask(
            Resources resources,
            HttpExchange exchange,
            Flow.@Nullable Publisher<Body> incoming,
            Consumer<Flow.Publisher<Body>> then,
            Consumer<Throwable> otherwise) {
        Path path = path(exchange);
        if (path == null) {
            throw new Failure(Failure.Code.MALFORMED, "a filter is no resource");
        }
        List<Property> headers = new ArrayList<>();
        exchange.head().headers().forEach(header -> headers.add(new Property(header.getKey(), header.getValue())));
        Request request = Request.of(Action.CONNECT, path, null, Terms.NONE)
                .querying(exchange.query())
                .with(headers)
                .receiving(incoming);
        resources
                .call(exchange.context(), request)
                .whenComplete((outcome, failure) -> exchange.loop().execute(() -> {
                    if (failure != null) {
                        otherwise.accept(
                                failure instanceof CompletionException && failure.getCause() != null
                                        ? failure.getCause()
                                        : failure);
                    } else {
                        answered(outcome, then, otherwise);
                    }
                }));
    }

    private static void answered(Outcome outcome, Consumer<Flow.Publisher<Body>> then, Consumer<Throwable> otherwise) {
        Answer answer = outcome.answer();
        if (answer.status() >= 400) {
            otherwise.accept(Failure.of(answer.status(), "the application refused it"));
            return;
        }
        try {
            then.accept(outgoing(answer.said()));
        } catch (RuntimeException thrown) {
            otherwise.accept(thrown);
        }
    }

    private static Flow.Publisher<Body> outgoing(Answer.Said said) {
        if (said instanceof Answer.Items items) {
            return items.items();
        } else if (said instanceof Answer.Rows rows) {
            return rows(rows.found());
        } else if (said instanceof Answer.Value value) {
            return new Few(value.body());
        } else if (said instanceof Answer.Stored stored) {
            return new Few(stored.row().body());
        }
        // It only listens.
        return new Few(null);
    }

    private static Flow.Publisher<Body> rows(Found found) {
        return to -> found.rows().subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                to.onSubscribe(subscription);
            }

            @Override
            public void onNext(Row row) {
                to.onNext(row.body());
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

    /** One value and the end; or nothing, for as long as the client likes. */
    private record Few(@Nullable Body body) implements Flow.Publisher<Body> {
        @Override
        public void subscribe(Flow.Subscriber<? super Body> to) {
            to.onSubscribe(new Flow.Subscription() {
                private boolean said;

                @Override
                public void request(long count) {
                    if (!said && body != null) {
                        said = true;
                        to.onNext(body);
                        to.onComplete();
                    }
                }

                @Override
                public void cancel() {
                    said = true;
                }
            });
        }
    }
}
