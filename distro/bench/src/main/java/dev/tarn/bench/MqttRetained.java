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
            send();
        }

        void send() {
            sentAt[nextId] = System.nanoTime();
            peer.publish(topics[key], payload, nextId, true);
            nextId = nextId == 65_535 ? 1 : nextId + 1;
            key = (key + 1) % KEYS;
        }
    }

    private final int connections;
    private final int window;
    private final Latencies latencies = new Latencies();
    private final List<Writer> writers = new ArrayList<>();
    private final byte[][] topics = new byte[KEYS][];
    private byte[] payload = {};

    /**
     * A load of this shape.
     *
     * @param window unacknowledged publishes of each connection
     */
    MqttRetained(int connections, int window) {
        this.connections = connections;
        this.window = window;
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
        for (Writer writer : writers) {
            for (int i = 0; i < window; i++) {
                writer.send();
            }
        }
    }

    @Override
    public Latencies latencies() {
        return latencies;
    }
}
