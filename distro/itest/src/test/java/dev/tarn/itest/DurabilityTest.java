// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.EventReader;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSRuntimeException;
import jakarta.jms.Topic;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was acknowledged is there after a crash, byte for byte. */
class DurabilityTest {
    @TempDir
    Path data;

    private static byte[] everyByte() {
        byte[] bytes = new byte[100_000];
        new Random(7).nextBytes(bytes);
        for (int i = 0; i < 256; i++) {
            bytes[i] = (byte) i;
        }
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void a_retained_binary_payload_survives_kill_9(int qos) throws Exception {
        byte[] payload = everyByte();
        Tarn tarn = Tarn.dev(data).ready();
        try (Mqtt client = Mqtt.tcp(Mqtt.V5, tarn.port("mqtt"))) {
            client.publish("a/b/c", "an earlier one", qos, true);
            client.publish("a/b/c", payload, qos, true);
            client.publish("a//", new byte[] {0}, qos, true);
            tarn.kill();
        } catch (java.net.SocketException gone) {
            assertThat(gone).as("closing what the server has left").isNotNull();
        }
        try (Tarn again = Tarn.dev(data).ready();
                Mqtt client = Mqtt.tcp(Mqtt.V4, again.port("mqtt")).subscribe("a/#", 0)) {
            Mqtt.Message first = client.next();
            Mqtt.Message second = client.next();
            Mqtt.Message large = first.topic().equals("a/b/c") ? first : second;
            Mqtt.Message small = large.equals(first) ? second : first;
            assertThat(large.payload()).isEqualTo(payload);
            assertThat(large.retain()).isTrue();
            assertThat(small.topic()).isEqualTo("a//");
            assertThat(small.payload()).containsExactly(0);
            assertThat(client.pending()).isZero();
            HttpResponse<byte[]> row = Http.get(again, "/a/b/c");
            assertThat(row.statusCode()).isEqualTo(200);
            assertThat(row.body()).isEqualTo(payload);
        }
    }

    @Test
    void what_a_durable_subscription_and_a_queue_of_amqp_are_owed_survives_kill_9() throws Exception {
        Tarn tarn = Tarn.dev(data).set("amqp.port", 0).ready();
        try (Jms mine = Jms.tcp(tarn.port("amqp"))) {
            mine.context().setClientID("mine");
            Topic news = mine.context().createTopic("news/a");
            mine.context().createDurableConsumer(news, "all").close();
            mine.publish("news/a", "one", false);
            mine.context().createProducer().send(mine.context().createQueue("jobs"), "job");
            tarn.kill();
        } catch (JMSRuntimeException gone) {
            assertThat(gone).as("closing what the server has left").isNotNull();
        }
        try (Tarn again = Tarn.dev(data).set("amqp.port", 0).ready();
                Jms mine = Jms.tcp(again.port("amqp"))) {
            mine.context().setClientID("mine");
            JMSConsumer all =
                    mine.context().createDurableConsumer(mine.context().createTopic("news/a"), "all");
            assertThat(Jms.text(Jms.next(all))).isEqualTo("one");
            JMSConsumer jobs = mine.context().createConsumer(mine.context().createQueue("jobs"));
            assertThat(Jms.text(Jms.next(jobs))).isEqualTo("job");
        }
    }

    @Test
    void a_stream_resumes_across_a_crash_without_gap_or_repeat() throws Exception {
        Tarn tarn = Tarn.dev(data).ready();
        assertThat(Http.put(tarn, "/log/line", "1").statusCode()).isEqualTo(201);
        String last;
        try (EventReader events = new EventReader(tarn.uri("/log/line"), "Accept", "text/event-stream")) {
            assertThat(Http.json(events.next().data()).path("value").asInt()).isEqualTo(1);
            assertThat(Http.put(tarn, "/log/line", "2").statusCode()).isEqualTo(204);
            EventReader.Event event = events.next();
            assertThat(Http.json(event.data()).path("value").asInt()).isEqualTo(2);
            last = String.valueOf(event.id());
            assertThat(Http.put(tarn, "/log/line", "3").statusCode()).isEqualTo(204);
            tarn.kill();
        }
        try (Tarn again = Tarn.dev(data).ready()) {
            assertThat(Http.put(again, "/log/line", "4").statusCode()).isEqualTo(204);
            try (EventReader events =
                    new EventReader(again.uri("/log/line"), "Accept", "text/event-stream", "Last-Event-ID", last)) {
                assertThat(Http.json(events.next().data()).path("value").asInt())
                        .isEqualTo(3);
                assertThat(Http.json(events.next().data()).path("value").asInt())
                        .isEqualTo(4);
            }
        }
    }
}
