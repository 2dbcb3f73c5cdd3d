// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.testkit.Node;
import jakarta.jms.BytesMessage;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.DeliveryMode;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.JMSRuntimeException;
import jakarta.jms.MapMessage;
import jakarta.jms.Message;
import jakarta.jms.Queue;
import jakarta.jms.StreamMessage;
import jakarta.jms.TemporaryQueue;
import jakarta.jms.TextMessage;
import jakarta.jms.Topic;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.jms.JmsConnectionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** JMS 2.0 as Apache Qpid JMS speaks it. */
class JmsTest {

    private static final long PATIENCE = 60_000;

    private Node node;
    private ConnectionFactory factory;

    @BeforeEach
    void start(@TempDir Path directory) {
        node = Peer.node(directory);
        connect();
    }

    private void connect() {
        factory = new JmsConnectionFactory("amqp://127.0.0.1:" + node.port("amqp"));
    }

    @AfterEach
    void stop() {
        node.close();
    }

    private JMSContext client(String id) {
        JMSContext context = factory.createContext();
        context.setClientID(id);
        return context;
    }

    private static Message next(JMSConsumer consumer) {
        Message message = consumer.receive(PATIENCE);
        assertThat(message).as("a message within a minute").isNotNull();
        return message;
    }

    private static String text(JMSConsumer consumer) throws JMSException {
        return next(consumer).getBody(String.class);
    }

    @Test
    void topics_are_paths_and_selectors_see_rows() throws Exception {
        try (JMSContext context = factory.createContext()) {
            Topic rows = context.createTopic("Sensors/#");
            JMSConsumer hot = context.createConsumer(rows, "temp > 30");
            context.createProducer()
                    .setProperty("x_opt_retain", true)
                    .send(context.createTopic("Sensors/100"), "{\"temp\": 5}")
                    .send(context.createTopic("Sensors/101"), "{\"temp\": 35}");
            assertThat(((Topic) next(hot).getJMSDestination()).getTopicName()).isEqualTo("Sensors/101");
            assertThat(node.value(node.text("Sensors/101"))).isEqualTo(node.value("{\"id\":\"101\",\"temp\":35}"));
        }
    }

    @Test
    void messages_of_each_sort_arrive_as_they_were_sent() throws Exception {
        try (JMSContext context = factory.createContext()) {
            Topic chat = context.createTopic("chat/1");
            JMSConsumer consumer = context.createConsumer(chat);
            TextMessage text = context.createTextMessage("hi");
            text.setIntProperty("n", 3);
            text.setJMSCorrelationID("c");
            context.createProducer().send(chat, text);
            MapMessage map = context.createMapMessage();
            map.setLong("l", 9);
            context.createProducer().send(chat, map);
            BytesMessage bytes = context.createBytesMessage();
            bytes.writeBytes(new byte[] {1, 2, 3});
            context.createProducer().send(chat, bytes);
            TextMessage said = (TextMessage) next(consumer);
            assertThat(said.getText()).isEqualTo("hi");
            assertThat(said.getIntProperty("n")).isEqualTo(3);
            assertThat(said.getJMSCorrelationID()).isEqualTo("c");
            assertThat(((MapMessage) next(consumer)).getLong("l")).isEqualTo(9);
            assertThat(((BytesMessage) next(consumer)).getBodyLength()).isEqualTo(3);
        }
    }

    private interface Made {
        Message by(JMSContext context) throws JMSException;
    }

    private interface Check {
        void of(JMSConsumer consumer) throws JMSException;
    }

    /** A message that a consumer of a topic and, after a restart, one of a queue get. */
    private void arrives(Made sent, Check check) throws Exception {
        try (JMSContext context = factory.createContext()) {
            Queue jobs = context.createQueue("jobs");
            context.createConsumer(jobs).close();
            JMSConsumer consumer = context.createConsumer(context.createTopic("jobs"));
            context.createProducer()
                    .setPriority(9)
                    .setDeliveryMode(DeliveryMode.NON_PERSISTENT)
                    .send(jobs, sent.by(context));
            check.of(consumer);
        }
        node = node.restart();
        connect();
        try (JMSContext context = factory.createContext()) {
            check.of(context.createConsumer(context.createQueue("jobs")));
        }
    }

    @Test
    void a_map_has_the_types_that_were_set() throws Exception {
        arrives(
                context -> {
                    MapMessage map = context.createMapMessage();
                    map.setBoolean("boolean", true);
                    map.setByte("byte", (byte) 1);
                    map.setShort("short", (short) 2);
                    map.setInt("int", 3);
                    map.setLong("long", 4);
                    map.setFloat("float", 5.1f);
                    map.setDouble("double", 6.1);
                    map.setChar("char", 'c');
                    map.setBytes("bytes", new byte[] {7, 8});
                    map.setString("text", "t");
                    return map;
                },
                consumer -> {
                    MapMessage map = (MapMessage) next(consumer);
                    assertThat(map.getBoolean("boolean")).isTrue();
                    assertThat(map.getByte("byte")).isEqualTo((byte) 1);
                    assertThat(map.getShort("short")).isEqualTo((short) 2);
                    assertThat(map.getInt("int")).isEqualTo(3);
                    assertThat(map.getLong("long")).isEqualTo(4);
                    assertThat(map.getFloat("float")).isEqualTo(5.1f);
                    assertThat(map.getDouble("double")).isEqualTo(6.1);
                    assertThat(map.getChar("char")).isEqualTo('c');
                    assertThat(map.getBytes("bytes")).containsExactly(7, 8);
                    assertThat(map.getString("text")).isEqualTo("t");
                });
    }

    @Test
    void a_stream_has_the_types_that_were_written() throws Exception {
        arrives(
                context -> {
                    StreamMessage stream = context.createStreamMessage();
                    stream.writeBoolean(true);
                    stream.writeByte((byte) 1);
                    stream.writeShort((short) 2);
                    stream.writeInt(3);
                    stream.writeLong(4);
                    stream.writeFloat(5.1f);
                    stream.writeDouble(6.1);
                    stream.writeChar('c');
                    stream.writeBytes(new byte[] {7, 8});
                    stream.writeString("t");
                    return stream;
                },
                consumer -> {
                    StreamMessage stream = (StreamMessage) next(consumer);
                    assertThat(stream.readBoolean()).isTrue();
                    assertThat(stream.readByte()).isEqualTo((byte) 1);
                    assertThat(stream.readShort()).isEqualTo((short) 2);
                    assertThat(stream.readInt()).isEqualTo(3);
                    assertThat(stream.readLong()).isEqualTo(4);
                    assertThat(stream.readFloat()).isEqualTo(5.1f);
                    assertThat(stream.readDouble()).isEqualTo(6.1);
                    assertThat(stream.readChar()).isEqualTo('c');
                    byte[] bytes = new byte[3];
                    assertThat(stream.readBytes(bytes)).isEqualTo(2);
                    assertThat(bytes).containsExactly(7, 8, 0);
                    assertThat(stream.readString()).isEqualTo("t");
                });
    }

    @Test
    void priority_and_delivery_mode_are_the_sender_s() throws Exception {
        arrives(context -> context.createTextMessage("text"), consumer -> {
            TextMessage text = (TextMessage) next(consumer);
            assertThat(text.getText()).isEqualTo("text");
            assertThat(text.getJMSPriority()).isEqualTo(9);
            assertThat(text.getJMSDeliveryMode()).isEqualTo(DeliveryMode.NON_PERSISTENT);
        });
    }

    @Test
    void a_durable_consumer_gets_what_came_while_it_was_away() throws Exception {
        try (JMSContext mine = client("mine")) {
            mine.createDurableConsumer(mine.createTopic("news/a"), "all").close();
        }
        try (JMSContext other = factory.createContext()) {
            other.createProducer().send(other.createTopic("news/a"), "one").send(other.createTopic("news/a"), "two");
        }
        node = node.restart();
        connect();
        try (JMSContext mine = client("mine")) {
            JMSConsumer all = mine.createDurableConsumer(mine.createTopic("news/a"), "all");
            assertThat(text(all)).isEqualTo("one");
            assertThat(text(all)).isEqualTo("two");
            all.close();
            mine.unsubscribe("all");
            assertThatThrownBy(() -> mine.unsubscribe("all")).isInstanceOf(JMSRuntimeException.class);
        }
    }

    @Test
    void shared_consumers_share_whether_durable_or_not() throws Exception {
        try (JMSContext one = factory.createContext();
                JMSContext two = factory.createContext()) {
            for (boolean durable : new boolean[] {false, true}) {
                Topic work = one.createTopic("work/" + durable);
                String name = "team-" + durable;
                List<JMSConsumer> team = durable
                        ? List.of(
                                one.createSharedDurableConsumer(work, name),
                                two.createSharedDurableConsumer(work, name))
                        : List.of(one.createSharedConsumer(work, name), two.createSharedConsumer(work, name));
                List<String> sent = new ArrayList<>();
                for (int i = 0; i < 10; i++) {
                    sent.add("job " + i);
                    one.createProducer().send(work, "job " + i);
                }
                assertThat(all(team, 10)).containsExactlyInAnyOrderElementsOf(sent);
                team.forEach(JMSConsumer::close);
                if (durable) {
                    one.createProducer().send(work, "later");
                    JMSConsumer again = two.createSharedDurableConsumer(work, name);
                    assertThat(text(again)).isEqualTo("later");
                    again.close();
                    one.unsubscribe(name);
                }
            }
        }
    }

    private static List<String> all(List<JMSConsumer> team, int count) throws JMSException {
        List<String> got = new ArrayList<>();
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE);
        while (got.size() < count && System.nanoTime() < deadline) {
            for (JMSConsumer consumer : team) {
                Message message = consumer.receive(20);
                if (message != null) {
                    got.add(message.getBody(String.class));
                }
            }
        }
        return got;
    }

    @Test
    void queues_keep_messages_and_what_is_not_acknowledged_comes_again() throws Exception {
        try (JMSContext sending = factory.createContext()) {
            Queue jobs = sending.createQueue("jobs");
            for (int i = 0; i < 3; i++) {
                sending.createProducer().send(jobs, "job " + i);
            }
        }
        node = node.restart();
        connect();
        try (JMSContext taking = factory.createContext(JMSContext.CLIENT_ACKNOWLEDGE)) {
            JMSConsumer consumer = taking.createConsumer(taking.createQueue("jobs"));
            assertThat(text(consumer)).isEqualTo("job 0");
            taking.recover();
            Message again = next(consumer);
            assertThat(again.getBody(String.class)).isEqualTo("job 0");
            assertThat(again.getJMSRedelivered()).isTrue();
            assertThat(text(consumer)).isEqualTo("job 1");
            taking.acknowledge();
        }
        try (JMSContext rest = factory.createContext()) {
            assertThat(text(rest.createConsumer(rest.createQueue("jobs")))).isEqualTo("job 2");
        }
    }

    @Test
    void nothing_is_received_without_waiting_from_an_empty_queue_and_what_is_there_is() throws Exception {
        try (JMSContext context = factory.createContext()) {
            Queue jobs = context.createQueue("jobs");
            JMSConsumer consumer = context.createConsumer(jobs);
            assertThat(consumer.receiveNoWait()).isNull();
            context.createProducer().send(jobs, "job");
            assertThat(text(consumer)).isEqualTo("job");
            assertThat(consumer.receiveNoWait()).isNull();
        }
    }

    @Test
    void a_temporary_queue_is_for_answers() throws Exception {
        try (JMSContext asking = factory.createContext();
                JMSContext answering = factory.createContext()) {
            Queue questions = asking.createQueue("questions");
            TemporaryQueue answers = asking.createTemporaryQueue();
            asking.createProducer().setJMSReplyTo(answers).send(questions, "what?");
            Message question = next(answering.createConsumer(answering.createQueue("questions")));
            answering.createProducer().send(question.getJMSReplyTo(), "that");
            JMSConsumer consumer = asking.createConsumer(answers);
            assertThat(text(consumer)).isEqualTo("that");
            consumer.close();
            answers.delete();
        }
    }

    @Test
    void browsers_are_refused_with_a_reason() {
        try (JMSContext context = factory.createContext()) {
            assertThatThrownBy(() -> context.createBrowser(context.createQueue("jobs"))
                            .getEnumeration()
                            .hasMoreElements())
                    .hasMessageContaining("queues cannot be browsed");
        }
    }

    @Test
    void a_transacted_session_commits_and_rolls_back() throws Exception {
        try (JMSContext plain = factory.createContext();
                JMSContext transacted = factory.createContext(JMSContext.SESSION_TRANSACTED)) {
            Queue in = plain.createQueue("in");
            Queue out = plain.createQueue("out");
            plain.createProducer().send(in, "one").send(in, "two");
            JMSConsumer results = plain.createConsumer(out);
            JMSConsumer consumer = transacted.createConsumer(transacted.createQueue("in"));
            assertThat(text(consumer)).isEqualTo("one");
            transacted.createProducer().send(transacted.createQueue("out"), "lost");
            transacted.rollback();
            // What the client had fetched already may come before what comes again.
            Map<String, Boolean> redelivered = new HashMap<>();
            for (int i = 0; i < 2; i++) {
                Message message = next(consumer);
                redelivered.put(message.getBody(String.class), message.getJMSRedelivered());
            }
            assertThat(redelivered).containsOnlyKeys("one", "two").containsEntry("one", true);
            transacted.createProducer().send(transacted.createQueue("out"), "both are done");
            transacted.commit();
            assertThat(text(results)).isEqualTo("both are done");
            assertThat(consumer.receiveNoWait()).isNull();
        }
    }

    @Test
    void a_transaction_has_all_of_its_messages_or_is_rolled_back_however_large_they_are() throws Exception {
        try (JMSContext context = factory.createContext(JMSContext.SESSION_TRANSACTED)) {
            Queue jobs = context.createQueue("jobs");
            // The client does not wait for the end of a message before it discharges.
            context.createProducer().send(jobs, new byte[12 << 20]);
            context.createProducer().send(jobs, "after it");
            context.commit();
            context.createProducer().send(jobs, "not alone");
            assertThatThrownBy(() -> {
                        context.createProducer().send(jobs, new byte[17 << 20]);
                        context.commit();
                    })
                    .isInstanceOf(JMSRuntimeException.class);
        }
        try (JMSContext context = factory.createContext()) {
            JMSConsumer taking = context.createConsumer(context.createQueue("jobs"));
            assertThat(next(taking).getBody(byte[].class)).hasSize(12 << 20);
            assertThat(text(taking)).isEqualTo("after it");
            assertThat(taking.receiveNoWait()).isNull();
        }
    }
}
