// SPDX-License-Identifier: Apache-2.0
package dev.tarn.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Publishers with subscribers of their own topic: an operation is one delivery, measured from the publish. With one
 * publisher and many subscribers of one topic this is fan-out.
 */
final class MqttOneToOne implements Scenario {

    /** One publisher and its subscribers. */
    private final class Group implements MqttPeer.Events {
        final byte[] topic;
        final byte[] payload;
        final MqttPeer publisher;
        final List<MqttPeer> receivers = new ArrayList<>();
        int nextId = 1;
        long sent;
        long delivered;
        long acknowledged;

        Group(Options options, int number) {
            topic = (options.prefix() + "/one/" + number).getBytes(StandardCharsets.UTF_8);
            payload = options.payload();
            publisher = new MqttPeer(this);
        }

        @Override
        public void message(MqttPeer peer, ByteBuffer bytes) {
            latencies.record(System.nanoTime() - bytes.getLong(bytes.position()));
            delivered++;
            if (delivered % receivers.size() == 0) {
                fill();
            }
        }

        @Override
        public void acknowledged(MqttPeer peer, int id) {
            acknowledged++;
            fill();
        }

        void fill() {
            while (sent - delivered / receivers.size() < window && (qos == 0 || sent - acknowledged < window)) {
                ByteBuffer.wrap(payload).putLong(System.nanoTime());
                publisher.publish(topic, payload, qos == 0 ? 0 : nextId, false);
                nextId = nextId == 65_535 ? 1 : nextId + 1;
                sent++;
            }
        }
    }

    private final int pairs;
    private final int subscribers;
    private final int qos;
    private final int window;
    private final Latencies latencies = new Latencies();
    private final List<Group> groups = new ArrayList<>();

    /**
     * A load of this shape.
     *
     * @param subscribers of each publisher's topic
     * @param window how many publishes of each publisher are not yet delivered to all
     */
    MqttOneToOne(int pairs, int subscribers, int qos, int window) {
        this.pairs = pairs;
        this.subscribers = subscribers;
        this.qos = qos;
        this.window = window;
    }

    @Override
    public void prepare(Loop loop, Options options) throws IOException {
        for (int i = 0; i < pairs; i++) {
            Group group = new Group(options, i);
            groups.add(group);
            loop.connect(options.server(), group.publisher);
            group.publisher.connect("bench-p" + i, options.user(), options.password());
            for (int j = 0; j < subscribers; j++) {
                MqttPeer receiver = new MqttPeer(group);
                group.receivers.add(receiver);
                loop.connect(options.server(), receiver);
                receiver.connect("bench-s" + i + "-" + j, options.user(), options.password());
                receiver.subscribe(new String(group.topic, StandardCharsets.UTF_8), qos);
            }
        }
        loop.await(
                () -> groups.stream()
                        .allMatch(group -> group.publisher.accepted()
                                && group.receivers.stream().allMatch(receiver -> receiver.subscribed() == 1)),
                30);
    }

    @Override
    public void start() {
        groups.forEach(Group::fill);
    }

    @Override
    public Latencies latencies() {
        return latencies;
    }
}
