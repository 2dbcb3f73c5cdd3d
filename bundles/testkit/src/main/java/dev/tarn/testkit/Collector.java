// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscriber;
import dev.tarn.api.resource.Subscription;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A mailbox without limits of credit that keeps what it gets until somebody asks. Safe on any thread. */
public final class Collector implements Subscriber {

    private static final long PATIENCE_SECONDS = 60;

    private final BlockingQueue<Change> got = new LinkedBlockingQueue<>();
    private final CompletableFuture<Failure> ended = new CompletableFuture<>();
    private final Executor loop;
    private final Mailbox mailbox;

    /** @param loop runs one task after the other, on one thread */
    public Collector(Resources door, Context context, Executor loop) {
        this.loop = loop;
        this.mailbox = door.mailbox(context, loop, this);
    }

    /** Subscribes; complete when it returns, with the refusal or the subscription. */
    public CompletionStage<Subscription> subscribe(String filter, Start start) {
        CompletableFuture<Subscription> subscribed = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                subscribed.complete(mailbox.subscribe(Filter.of(filter), start, Interest.ALL, null));
                mailbox.request(Long.MAX_VALUE);
            } catch (RuntimeException refused) {
                subscribed.completeExceptionally(refused);
            }
        });
        return subscribed
                .handle((done, refused) -> subscribed)
                .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
                .join();
    }

    /** The next change that came, waited for. */
    public Change next() {
        try {
            Change change = got.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (change == null) {
                throw new IllegalStateException("nothing came");
            }
            return change;
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    /** The body of the next change, as JSON. */
    public String text() {
        Body body = Objects.requireNonNull(next().body(), "a change without a body");
        return new String(body.as(Bodies.JSON).bytes(), StandardCharsets.UTF_8);
    }

    /** Why the server ended the mailbox, waited for. */
    public Failure end() {
        return Node.await(ended);
    }

    public void close() {
        loop.execute(mailbox::close);
    }

    @Override
    public void deliver(List<Delivery> batch) {
        batch.forEach(delivery -> got.add(delivery.change()));
    }

    @Override
    public void missed(long changes) {
        ended.completeExceptionally(new IllegalStateException("missed " + changes));
    }

    @Override
    public void current(Subscription subscription, long sequence) {
        // Rows are told from changes by their order.
    }

    @Override
    public void reset(Subscription subscription) {
        ended.completeExceptionally(new IllegalStateException("reset"));
    }

    @Override
    public void ended(Failure why) {
        ended.complete(why);
    }
}
