// SPDX-License-Identifier: Apache-2.0
package dev.tarn.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Pairs that send at a fixed rate all together, one message at a time from each: an operation is one delivery of quality
 * of service 0. What a message costs when none comes together with another.
 */
final class MqttPaced implements Scenario, MqttPeer.Events {

    private final int pairs;
    private final double nanosecondsEach;
    private final Latencies latencies = new Latencies();
    private final List<MqttPeer> publishers = new ArrayList<>();
    private final List<MqttPeer> receivers = new ArrayList<>();
    private final List<byte[]> topics = new ArrayList<>();
    private byte[] payload = {};
    private long startedAt;
    private long sent;

    /**
     * A load of this shape.
     *
     * @param rate messages a second of all pairs
     */
    MqttPaced(int pairs, int rate) {
        this.pairs = pairs;
        this.nanosecondsEach = 1e9 / rate;
    }

    @Override
    public void prepare(Loop loop, Options options) throws IOException {
        payload = options.payload();
        for (int i = 0; i < pairs; i++) {
            topics.add((options.prefix() + "/paced/" + i).getBytes(StandardCharsets.UTF_8));
            MqttPeer publisher = new MqttPeer(this);
            publishers.add(publisher);
            loop.connect(options.server(), publisher);
            publisher.connect("bench-q" + i, options.user(), options.password());
            MqttPeer receiver = new MqttPeer(this);
            receivers.add(receiver);
            loop.connect(options.server(), receiver);
            receiver.connect("bench-r" + i, options.user(), options.password());
            receiver.subscribe(new String(topics.get(i), StandardCharsets.UTF_8), 0);
        }
        loop.await(
                () -> publishers.stream().allMatch(MqttPeer::accepted)
                        && receivers.stream().allMatch(receiver -> receiver.subscribed() == 1),
                30);
    }

    @Override
    public void start() {
        startedAt = System.nanoTime();
    }

    @Override
    public void turn(long now) {
        // At most one message a connection and turn; a driver that fell behind stays behind.
        long due = Math.min((long) ((now - startedAt) / nanosecondsEach), sent + pairs);
        while (sent < due) {
            int pair = (int) (sent % pairs);
            ByteBuffer.wrap(payload).putLong(System.nanoTime());
            publishers.get(pair).publish(topics.get(pair), payload, 0, false);
            sent++;
        }
    }

    @Override
    public void message(MqttPeer peer, ByteBuffer bytes) {
        latencies.record(System.nanoTime() - bytes.getLong(bytes.position()));
    }

    @Override
    public Latencies latencies() {
        return latencies;
    }
}
