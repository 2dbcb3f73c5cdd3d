// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Filter;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscription;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One client's subscriptions to {@link SystemTopics}. For the connection's loop. */
final class SystemWatch implements SystemTopics.Watcher, AutoCloseable {

    private final SystemTopics topics;
    private final EventExecutor loop;
    private final Consumer<List<Delivery>> client;
    private final List<Watched> subscriptions = new ArrayList<>();

    /**
     * @param client gets what is to be sent, on the loop
     */
    SystemWatch(SystemTopics topics, EventExecutor loop, Consumer<List<Delivery>> client) {
        this.topics = topics;
        this.loop = loop;
        this.client = client;
    }

    /** Begins a subscription; what it begins with is delivered after this has returned. */
    Subscription subscribe(Held held, Start start) {
        if (subscriptions.isEmpty()) {
            topics.watch(this);
        }
        Watched made = new Watched(held);
        subscriptions.add(made);
        made.begin(start);
        return made;
    }

    @Override
    public void changed(List<Change> changes) {
        loop.execute(() -> tell(changes, subscriptions, false));
    }

    private void tell(List<Change> changes, List<Watched> to, boolean current) {
        List<Delivery> deliveries = new ArrayList<>();
        for (Change change : changes) {
            List<Subscription> matched = new ArrayList<>(1);
            for (Watched one : to) {
                if (one.filter().covers(change.path())) {
                    matched.add(one);
                }
            }
            if (!matched.isEmpty()) {
                deliveries.add(new Delivery(change, matched, current, 0));
            }
        }
        if (!deliveries.isEmpty()) {
            client.accept(deliveries);
        }
    }

    @Override
    public void close() {
        subscriptions.clear();
        topics.forget(this);
    }

    /** One of them. */
    private final class Watched implements Subscription {
        private Held held;

        Watched(Held held) {
            this.held = held;
        }

        void begin(Start start) {
            if (start.from() != Start.From.LIVE) {
                loop.execute(() -> {
                    if (subscriptions.contains(this)) {
                        tell(topics.current(), List.of(this), true);
                    }
                });
            }
        }

        @Override
        public Filter filter() {
            return held.wish().filter();
        }

        @Override
        public Object tag() {
            return held;
        }

        @Override
        public String topic(Change change) {
            return change.path().text();
        }

        @Override
        public long settled() {
            return 0;
        }

        @Override
        public void renew(Start start, Interest interest, @Nullable Object tag) {
            held = (Held) Objects.requireNonNull(tag);
            begin(start);
        }

        @Override
        public void giveBack(Change change) {
            // Nothing here is shared with others.
        }

        @Override
        public void cancel() {
            subscriptions.remove(this);
            if (subscriptions.isEmpty()) {
                topics.forget(SystemWatch.this);
            }
        }
    }
}
