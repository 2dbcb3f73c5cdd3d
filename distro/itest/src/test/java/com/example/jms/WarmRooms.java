// SPDX-License-Identifier: Apache-2.0
package com.example.jms;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.TextMessage;
import jakarta.jms.Topic;
import org.apache.qpid.jms.JmsConnectionFactory;

/** Puts a row, and is told of rows that are warm: {@code WarmRooms amqp://localhost:5672}. */
public final class WarmRooms {
    private WarmRooms() {}

    public static void main(String[] arguments) throws JMSException {
        ConnectionFactory factory = new JmsConnectionFactory(arguments[0]);
        try (JMSContext context = factory.createContext()) {
            Topic rows = context.createTopic("Sensors/#");
            JMSConsumer warm = context.createConsumer(rows, "temp > 30");
            context.createProducer()
                    .setProperty("x_opt_retain", true)
                    .send(context.createTopic("Sensors/101"), "{\"temp\": 35}");
            Message row = warm.receive();
            String json =
                    row instanceof TextMessage text ? text.getText() : new String(row.getBody(byte[].class), UTF_8);
            System.out.println(row.getJMSDestination() + " " + json);
        }
    }
}
