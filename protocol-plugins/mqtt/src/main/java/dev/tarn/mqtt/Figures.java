// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Table;
import dev.tarn.api.store.Snapshot;
import dev.tarn.transport.Traffic;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.jar.Manifest;

/** The values of {@link SystemTopics}, as Mosquitto names them. For one thread; reads the store, so it may block. */
final class Figures implements Supplier<Map<String, String>> {

    private static final String VERSION = version();

    private final Statistics statistics;
    private final Traffic traffic;
    private final Sessions sessions;
    private final SessionTables tables;
    private final Supplier<Optional<Table>> root;
    private final Clock clock;
    private final List<LoadAverage> loads;
    private final long started;
    private long last;

    /**
     * @param root the table of topics that no application has declared
     */
    Figures(
            Statistics statistics,
            Traffic traffic,
            Sessions sessions,
            SessionTables tables,
            Supplier<Optional<Table>> root,
            Clock clock) {
        this.statistics = statistics;
        this.traffic = traffic;
        this.sessions = sessions;
        this.tables = tables;
        this.root = root;
        this.clock = clock;
        this.started = clock.millis();
        this.last = started;
        this.loads = List.of(
                load("messages/received", statistics.packetsReceived),
                load("messages/sent", statistics.packetsSent),
                load("publish/received", traffic.in),
                load("publish/sent", traffic.out),
                load("publish/dropped", traffic.dropped),
                load("bytes/received", statistics.bytesReceived),
                load("bytes/sent", statistics.bytesSent),
                load("sockets", statistics.sockets),
                load("connections", statistics.connects));
    }

    private static LoadAverage load(String name, LongAdder counter) {
        return new LoadAverage("load/" + name, counter::sum);
    }

    @Override
    public Map<String, String> get() {
        Map<String, String> topics = new LinkedHashMap<>();
        long now = clock.millis();
        topics.put("version", "tarn version " + VERSION);
        topics.put("uptime", (now - started) / 1_000 + " seconds");
        clients(topics);
        put(topics, "messages/received", statistics.packetsReceived);
        put(topics, "messages/sent", statistics.packetsSent);
        put(topics, "publish/messages/received", traffic.in);
        put(topics, "publish/messages/sent", traffic.out);
        topics.put("publish/messages/dropped", Long.toString(traffic.dropped.sum() + statistics.overflowed.sum()));
        put(topics, "publish/bytes/received", statistics.publishBytesReceived);
        put(topics, "publish/bytes/sent", statistics.publishBytesSent);
        put(topics, "bytes/received", statistics.bytesReceived);
        put(topics, "bytes/sent", statistics.bytesSent);
        put(topics, "subscriptions/count", statistics.subscriptions);
        put(topics, "shared_subscriptions/count", statistics.sharedSubscriptions);
        stored(topics);
        Runtime runtime = Runtime.getRuntime();
        topics.put("heap/current", Long.toString(runtime.totalMemory() - runtime.freeMemory()));
        topics.put("heap/maximum", Long.toString(runtime.maxMemory()));
        if (now > last) {
            double seconds = (now - last) / 1_000.0;
            last = now;
            loads.forEach(load -> load.tick(seconds));
        }
        loads.forEach(load -> load.write(topics));
        return topics;
    }

    private void clients(Map<String, String> topics) {
        int connected = sessions.connected();
        int away = sessions.away();
        topics.put("clients/connected", Integer.toString(connected));
        topics.put("clients/active", Integer.toString(connected));
        topics.put("clients/disconnected", Integer.toString(away));
        topics.put("clients/inactive", Integer.toString(away));
        topics.put("clients/total", Integer.toString(connected + away));
        topics.put("clients/maximum", Long.toString(statistics.mostClients.get()));
        put(topics, "clients/expired", statistics.expired);
    }

    /** Rows are retained messages; beside them, what the sessions of those who are away are owed is kept. */
    private void stored(Map<String, String> topics) {
        long rows = root.get().map(this::count).orElse(0L);
        topics.put("retained messages/count", Long.toString(rows));
        topics.put("store/messages/count", Long.toString(rows + sessions.owedChanges()));
        topics.put("store/messages/bytes", Long.toString(sessions.owedBytes()));
    }

    private long count(Table table) {
        try (Snapshot snapshot = tables.snapshot()) {
            return snapshot.count(table);
        }
    }

    private static void put(Map<String, String> topics, String topic, LongAdder counter) {
        topics.put(topic, Long.toString(counter.sum()));
    }

    private static String version() {
        try (InputStream in = Figures.class.getResourceAsStream("/META-INF/MANIFEST.MF")) {
            String version =
                    in == null ? null : new Manifest(in).getMainAttributes().getValue("Bundle-Version");
            return version == null ? "unknown" : version;
        } catch (IOException unreadable) {
            return "unknown";
        }
    }
}
