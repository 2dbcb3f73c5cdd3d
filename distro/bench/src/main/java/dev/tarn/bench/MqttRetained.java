// SPDX-License-Identifier: Apache-2.0
package dev.tarn.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Retained publishes of quality of service 1 over many keys: an operation is one acknowledged write. */
final class MqttRetained implements Scenario {

    private static final int KEYS = 1_000;

    private final class Writer implements MqttPeer.Events {
        final MqttPeer peer = new MqttPeer(this);
        final long[] sentAt = new long[65_536];
        int nextId = 1;
        int key;

        Writer(int first) {
            key = first;
        }

        @Override
        public void acknowledged(MqttPeer acknowledging, int id) {
            latencies.record(System.nanoTime() - sentAt[id]);
            if (nanosecondsEach == 0) {
                send(System.nanoTime());
            }
        }

        /** Sends one that is due since a moment. */
        void send(long due) {
            sentAt[nextId] = due;
            peer.publish(topics[key], payload, nextId, true);
            nextId = nextId == 65_535 ? 1 : nextId + 1;
            key = (key + 1) % KEYS;
        }
    }

    private final int connections;
    private final int window;
    private final double nanosecondsEach;
    private final Latencies latencies = new Latencies();
    private final List<Writer> writers = new ArrayList<>();
    private final byte[][] topics = new byte[KEYS][];
    private byte[] payload = {};

    private long startedAt;
    private long sent;

    private MqttRetained(int connections, int window, double nanosecondsEach) {
        this.connections = connections;
        this.window = window;
        this.nanosecondsEach = nanosecondsEach;
    }

    /** A closed loop with so many unacknowledged publishes of each connection. */
    static MqttRetained closed(int connections, int window) {
        return new MqttRetained(connections, window, 0);
    }

    /** So many publishes a second of all connections; each counts from when it was due, sent in time or not. */
    static MqttRetained paced(int connections, int rate) {
        return new MqttRetained(connections, 0, 1e9 / rate);
    }

    @Override
    public void prepare(Loop loop, Options options) throws IOException {
        payload = options.payload();
        for (int i = 0; i < KEYS; i++) {
            topics[i] = (options.prefix() + "/key" + i).getBytes(StandardCharsets.UTF_8);
        }
        for (int i = 0; i < connections; i++) {
            Writer writer = new Writer(i * KEYS / connections);
            writers.add(writer);
            loop.connect(options.server(), writer.peer);
            writer.peer.connect("bench-w" + i, options.user(), options.password());
        }
        loop.await(() -> writers.stream().allMatch(writer -> writer.peer.accepted()), 30);
    }

    @Override
    public void start() {
        startedAt = System.nanoTime();
        for (Writer writer : writers) {
            for (int i = 0; i < window; i++) {
                writer.send(startedAt);
            }
        }
    }

    @Override
    public void turn(long now) {
        while (nanosecondsEach > 0 && startedAt + (long) (sent * nanosecondsEach) <= now) {
            writers.get((int) (sent % connections)).send(startedAt + (long) (sent * nanosecondsEach));
            sent++;
        }
    }

    @Override
    public Latencies latencies() {
        return latencies;
    }
}
