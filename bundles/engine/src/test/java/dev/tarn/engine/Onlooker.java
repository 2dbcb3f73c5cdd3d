// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Kind;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Subscriber;
import dev.tarn.api.resource.Subscription;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A subscriber that holds every delivery against the promises: per row no version repeated and none going back, per
 * publisher the order sent, nothing after cancel. Changes carry a number that their publisher counts up as correlation.
 * Touched on its loop only; read by others when the loop has been asked.
 */
final class Onlooker implements Subscriber {

    /** What one subscription has seen. */
    static final class Seen {
        final Map<String, Long> versions = new HashMap<>();
        final Map<String, String> states = new HashMap<>();
        final List<Long> sequences = new ArrayList<>();
        long current = -1;
    }

    final TestLoop loop;
    final Mailbox mailbox;
    final String name;
    final Map<Subscription, Seen> seen = new HashMap<>();
    final List<String> wrong = new ArrayList<>();
    final Set<Subscription> over = new HashSet<>();
    private final Map<String, Long> published = new HashMap<>();
    long messages;
    long missed;
    long resume;
    long deliveries;
    Failure end;

    Onlooker(TestDoor door, TestLoop loop, String name) {
        this.loop = loop;
        this.name = name;
        this.mailbox = door.engine.mailbox(door.context(name), loop, this);
    }

    static byte[] number(long number) {
        return ByteBuffer.allocate(8).putLong(number).array();
    }

    private void wrong(String what) {
        if (wrong.size() < 20) {
            wrong.add(name + ": " + what);
        }
    }

    @Override
    public void deliver(List<Delivery> batch) {
        for (Delivery delivery : batch) {
            deliveries++;
            deliver(delivery);
        }
    }

    private void deliver(Delivery delivery) {
        Change change = delivery.change();
        if (delivery.matched().isEmpty()) {
            wrong("matched nothing: " + change);
        }
        for (Subscription subscription : delivery.matched()) {
            if (over.contains(subscription)) {
                wrong("after cancel of " + subscription + ": " + change);
            }
            if (change.kind() != Kind.MESSAGE) {
                row(seen.computeIfAbsent(subscription, first -> new Seen()), delivery);
            }
        }
        if (!delivery.current()) {
            inOrder(change);
        }
        if (delivery.resume() != 0) {
            if (delivery.resume() <= resume) {
                wrong("resume goes back from " + resume + " to " + delivery.resume());
            }
            resume = delivery.resume();
        }
        messages += change.logged() || delivery.current() ? 0 : 1;
    }

    private void row(Seen subscription, Delivery delivery) {
        Change change = delivery.change();
        String path = change.path().text();
        Long before = subscription.versions.put(path, change.version());
        if (before != null && before >= change.version()) {
            wrong("version of " + path + " goes from " + before + " to " + change.version() + " with " + change
                    + (delivery.current() ? " (current)" : ""));
        }
        subscription.states.put(path, change.body() == null ? "" : TestDoor.text(change.body()));
        if (change.logged()) {
            subscription.sequences.add(change.sequence());
        }
    }

    private void inOrder(Change change) {
        String origin = String.valueOf(change.attributes().origin());
        byte[] correlation = change.attributes().correlation();
        if (correlation != null) {
            long number = ByteBuffer.wrap(correlation).getLong();
            Long before = published.put(origin, number);
            if (before != null && before >= number) {
                wrong("publisher " + origin + " goes from " + before + " to " + number + " with " + change);
            }
        }
    }

    @Override
    public void missed(long changes) {
        missed += changes;
    }

    @Override
    public void current(Subscription subscription, long sequence) {
        seen.computeIfAbsent(subscription, first -> new Seen()).current = sequence;
    }

    @Override
    public void reset(Subscription subscription) {
        wrong("reset of " + subscription);
    }

    @Override
    public void ended(Failure why) {
        end = why;
        wrong("ended: " + why.reason());
    }
}
