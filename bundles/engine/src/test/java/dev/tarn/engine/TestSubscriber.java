// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscriber;
import dev.tarn.api.resource.Subscription;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** A subscriber that keeps what it is told, and can wait for it. Its mailbox has no credit until it asks. */
final class TestSubscriber implements Subscriber {

    final TestLoop loop;
    final Mailbox mailbox;
    private final List<Delivery> deliveries = new ArrayList<>();
    private final List<String> events = new ArrayList<>();
    private Consumer<Delivery> also = delivery -> {};
    private long missed;
    private long passed;
    private Failure end;

    TestSubscriber(TestDoor door, TestLoop loop) {
        this(door, loop, door.context("subscriber"));
    }

    TestSubscriber(TestDoor door, TestLoop loop, Context context) {
        this.loop = loop;
        this.mailbox = door.engine.mailbox(context, loop, this);
    }

    Subscription subscribe(String filter, Start start) {
        return subscribe(filter, start, Interest.ALL);
    }

    Subscription subscribe(String filter, Start start, Interest interest) {
        return loop.on(() -> mailbox.subscribe(Filter.of(filter), start, interest, filter));
    }

    TestSubscriber request(long changes) {
        loop.run(() -> mailbox.request(changes));
        return this;
    }

    /** Unlimited credit. */
    TestSubscriber open() {
        return request(Long.MAX_VALUE);
    }

    void close() {
        loop.run(mailbox::close);
    }

    void also(Consumer<Delivery> action) {
        loop.run(() -> also = action);
    }

    @Override
    public void deliver(List<Delivery> batch) {
        for (Delivery delivery : batch) {
            add(delivery);
            also.accept(delivery);
            done();
        }
    }

    /** Whoever waits for what was done with a delivery looks again. */
    private synchronized void done() {
        notifyAll();
    }

    private synchronized void add(Delivery delivery) {
        deliveries.add(delivery);
        Change change = delivery.change();
        events.add(change.path() + "=" + (change.body() == null ? change.kind() : TestDoor.text(change.body())));
        notifyAll();
    }

    @Override
    public synchronized void missed(long changes) {
        missed += changes;
        events.add("missed " + changes);
        notifyAll();
    }

    @Override
    public synchronized void passed(long sequence) {
        passed = sequence;
        notifyAll();
    }

    synchronized long passed() {
        return passed;
    }

    @Override
    public synchronized void current(Subscription subscription, long sequence) {
        events.add("current " + subscription.filter());
        notifyAll();
    }

    @Override
    public synchronized void reset(Subscription subscription) {
        events.add("reset " + subscription.filter());
        notifyAll();
    }

    @Override
    public synchronized void ended(Failure why) {
        end = why;
        events.add("ended " + why.code());
        notifyAll();
    }

    synchronized List<Delivery> deliveries() {
        return List.copyOf(deliveries);
    }

    /** Everything in the order in which it was told: {@code path=body}, {@code current filter}, {@code missed n} ... */
    synchronized List<String> events() {
        return List.copyOf(events);
    }

    synchronized long missed() {
        return missed;
    }

    synchronized Failure end() {
        return end;
    }

    synchronized int count(Predicate<Delivery> which) {
        return (int) deliveries.stream().filter(which).count();
    }

    /** Waits until so many things were told. */
    List<String> awaitEvents(int count) {
        await(() -> events.size() >= count, count + " events");
        return events();
    }

    void awaitEvent(String event) {
        await(() -> events.contains(event), event);
    }

    synchronized void await(BooleanSupplier condition, String what) {
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (!condition.getAsBoolean()) {
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw new AssertionError("within a minute there was no " + what + ", but: "
                        + (events.size() > 40
                                ? events.size() + " events ending with "
                                        + events.subList(events.size() - 10, events.size())
                                : events));
            }
            try {
                wait(left);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new AssertionError("interrupted", interrupted);
            }
        }
    }
}
