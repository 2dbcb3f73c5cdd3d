// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import dev.tarn.api.security.User;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the server says about itself under {@code $SYS/broker}, in the topics of Mosquitto. Kept in memory: nothing of it
 * is ever a row, and no filter that begins with a wildcard finds it [MQTT-4.7.2-1]. Safe on any thread.
 */
final class SystemTopics implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SystemTopics.class);

    private static final Attributes PLAIN = Attributes.builder().qos(0).build();

    /** Who may subscribe. */
    enum Readers {
        ADMINISTRATORS,
        EVERYONE,
        NOBODY
    }

    /** Is told what has changed, on this class's thread. */
    interface Watcher {
        void changed(List<Change> changes);
    }

    private final Readers readers;
    private final Bodies bodies;
    private final Supplier<Map<String, String>> figures;
    private final Duration interval;
    private final Map<String, Change> topics = new ConcurrentHashMap<>();
    private final Set<Watcher> watchers = ConcurrentHashMap.newKeySet();
    private final ScheduledThreadPoolExecutor timer;

    /**
     * @param figures values by topic, without {@code $SYS/broker/}; asked on this class's thread, may block
     * @param interval between two looks at the figures; zero for never
     */
    SystemTopics(Readers readers, Bodies bodies, Supplier<Map<String, String>> figures, Duration interval) {
        this.readers = readers;
        this.bodies = bodies;
        this.figures = figures;
        this.interval = interval;
        this.timer = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "tarn-mqtt-statistics");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Begins to say something. */
    void start() {
        if (!interval.isZero() && readers != Readers.NOBODY) {
            timer.scheduleAtFixedRate(this::look, 0, interval.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void look() {
        try {
            Map<String, Change> changed = new LinkedHashMap<>();
            figures.get().forEach((topic, text) -> {
                Change before = topics.get(topic);
                if (before == null || !text.equals(text(before))) {
                    changed.put(topic, change(topic, text));
                }
            });
            topics.putAll(changed);
            List<Change> news = List.copyOf(changed.values());
            if (!news.isEmpty()) {
                watchers.forEach(watcher -> watcher.changed(news));
            }
        } catch (RuntimeException failure) {
            LOG.warn("the figures under $SYS are not renewed: reason={}", failure.toString());
        }
    }

    private Change change(String topic, String text) {
        Body body = bodies.opaque(Body.OPAQUE, text.getBytes(StandardCharsets.UTF_8));
        return new Change(0, Kind.PUT, "system.broker", Path.of("$SYS/broker/" + topic), body, 0, 0, PLAIN);
    }

    private static String text(Change change) {
        Body body = change.body();
        return body == null ? "" : new String(body.bytes(), StandardCharsets.UTF_8);
    }

    /** Whether a filter is about these topics and no others. */
    static boolean covers(Packet.Wish wish) {
        return wish.filter().first().equals("$SYS");
    }

    boolean mayRead(User user) {
        return switch (readers) {
            case ADMINISTRATORS -> user.administrator();
            case EVERYONE -> true;
            case NOBODY -> false;
        };
    }

    /** Everything as it was said last. */
    List<Change> current() {
        return new ArrayList<>(topics.values());
    }

    void watch(Watcher watcher) {
        watchers.add(watcher);
    }

    void forget(Watcher watcher) {
        watchers.remove(watcher);
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
