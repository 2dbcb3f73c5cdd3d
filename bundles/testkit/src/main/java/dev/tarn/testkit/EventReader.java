// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Reads Server-Sent Events as the HTML standard says, over java.net.http. Events are queued without a bound. */
public final class EventReader implements AutoCloseable {

    /**
     * One event.
     *
     * @param id the last id seen, or null when there was none yet
     * @param type {@code message} unless the stream says otherwise
     */
    public record Event(@Nullable String id, String type, String data) {}

    private final CompletableFuture<HttpResponse.ResponseInfo> head = new CompletableFuture<>();
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> comments = new LinkedBlockingQueue<>();
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private final Lines lines = new Lines();
    private volatile @Nullable String retry;
    private volatile @Nullable String lastEventId;

    /**
     * Opens a stream.
     *
     * @param headers names and values in turn, sent beside {@code Accept: text/event-stream}
     */
    public EventReader(URI uri, String... headers) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(uri).version(HttpClient.Version.HTTP_1_1).header("Accept", "text/event-stream");
        if (headers.length > 0) {
            request.headers(headers);
        }
        HttpClient.newHttpClient()
                .sendAsync(request.build(), info -> {
                    head.complete(info);
                    return HttpResponse.BodySubscribers.fromLineSubscriber(lines);
                })
                .whenComplete((response, failure) -> {
                    if (failure != null) {
                        head.completeExceptionally(failure);
                        done.completeExceptionally(failure);
                    }
                });
    }

    /** Status and headers; waits for them. */
    public HttpResponse.ResponseInfo head() throws IOException, InterruptedException {
        return await(head);
    }

    /** The next event. Fails when none comes within 60 seconds. */
    public Event next() throws InterruptedException {
        Event event = events.poll(60, TimeUnit.SECONDS);
        if (event == null) {
            throw new AssertionError("no event came within 60 seconds; ended=" + done.isDone());
        }
        return event;
    }

    /** The next so many events. */
    public List<Event> next(int count) throws InterruptedException {
        List<Event> next = new ArrayList<>();
        while (next.size() < count) {
            next.add(next());
        }
        return next;
    }

    /** The next comment, without its colon. Fails when none comes within this time. */
    public String comment(Duration time) throws InterruptedException {
        String comment = comments.poll(time.toMillis(), TimeUnit.MILLISECONDS);
        if (comment == null) {
            throw new AssertionError("no comment came within " + time);
        }
        return comment;
    }

    /** Fails if an event comes within this time. */
    public EventReader expectSilence(Duration time) throws InterruptedException {
        Event event = events.poll(time.toMillis(), TimeUnit.MILLISECONDS);
        if (event != null) {
            throw new AssertionError("unexpected " + event);
        }
        return this;
    }

    /** The last {@code retry:} field, or null. */
    public @Nullable String retry() {
        return retry;
    }

    /** What a browser would say as Last-Event-ID now, also when a block had nothing but an id; null for nothing. */
    public @Nullable String lastEventId() {
        return lastEventId;
    }

    /** The next event if one comes within this time, else null. */
    public @Nullable Event poll(Duration time) throws InterruptedException {
        return events.poll(time.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Whether the stream is over; events that came before may still be there to be read. */
    public boolean ended() {
        return done.isDone();
    }

    /** Waits for the server to end the stream. */
    public void awaitEnd() throws IOException, InterruptedException {
        await(done);
    }

    private static <T> T await(CompletionStage<T> stage) throws IOException, InterruptedException {
        try {
            return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
        } catch (TimeoutException late) {
            throw new IOException("nothing within 60 seconds", late);
        } catch (ExecutionException failed) {
            throw new IOException(failed.getCause());
        }
    }

    /** Breaks the connection off. */
    @Override
    public void close() {
        lines.cancel();
    }

    /** Puts lines together; runs on the client's threads, one line at a time. */
    private final class Lines implements Flow.Subscriber<String> {
        private final CompletableFuture<Flow.Subscription> subscribed = new CompletableFuture<>();
        private final StringBuilder data = new StringBuilder();
        private boolean hasData;
        private String type = "message";
        private @Nullable String id;

        void cancel() {
            subscribed.thenAccept(Flow.Subscription::cancel);
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
            subscribed.complete(subscription);
        }

        @Override
        public void onNext(String line) {
            if (line.isEmpty()) {
                lastEventId = id;
                if (hasData) {
                    events.add(new Event(id, type, data.toString()));
                }
                data.setLength(0);
                hasData = false;
                type = "message";
                return;
            }
            int colon = line.indexOf(':');
            if (colon == 0) {
                comments.add(line.substring(1));
                return;
            }
            String field = colon < 0 ? line : line.substring(0, colon);
            String value = colon < 0 ? "" : line.substring(colon + 1);
            field(field, value.startsWith(" ") ? value.substring(1) : value);
        }

        private void field(String field, String value) {
            switch (field) {
                case "data" -> {
                    if (hasData) {
                        data.append('\n');
                    }
                    data.append(value);
                    hasData = true;
                }
                case "id" -> id = value;
                case "event" -> type = value;
                case "retry" -> retry = value;
                default -> comments.add(field + "?" + value);
            }
        }

        @Override
        public void onError(Throwable failure) {
            done.completeExceptionally(failure);
        }

        @Override
        public void onComplete() {
            done.complete(null);
        }
    }
}
