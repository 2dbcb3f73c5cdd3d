// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.jms.BytesMessage;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.apache.qpid.jms.JmsConnectionFactory;
import org.jspecify.annotations.Nullable;

/** A client over AMQP, Apache Qpid JMS. For one thread. */
final class Jms implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final JMSContext context;

    private Jms(JMSContext context) {
        this.context = context;
    }

    static Jms tcp(int port) {
        return to("amqp://127.0.0.1:" + port, null, null);
    }

    /** At an address with all its options; with a name and password, or neither. */
    static Jms to(String address, @Nullable String user, @Nullable String password) {
        return new Jms(new JmsConnectionFactory(address).createContext(user, password));
    }

    JMSContext context() {
        return context;
    }

    JMSConsumer subscribe(String topic) {
        return context.createConsumer(context.createTopic(topic));
    }

    void publish(String topic, String text, boolean retain) {
        context.createProducer().setProperty("x_opt_retain", retain).send(context.createTopic(topic), text);
    }

    /** The next message; fails when none comes. */
    static Message next(JMSConsumer consumer) {
        Message message = consumer.receive(PATIENCE.toMillis());
        assertThat(message).as("a message").isNotNull();
        return message;
    }

    /** The body as text. */
    static String text(Message message) throws JMSException {
        return message instanceof BytesMessage
                ? new String(message.getBody(byte[].class), StandardCharsets.UTF_8)
                : message.getBody(String.class);
    }

    @Override
    public void close() {
        context.close();
    }
}
