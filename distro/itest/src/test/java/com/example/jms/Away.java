// SPDX-License-Identifier: Apache-2.0
package com.example.jms;

import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSContext;
import jakarta.jms.Topic;
import org.apache.qpid.jms.JmsConnectionFactory;

/** Gets what was said while it was away, alone and as one of a team. */
public final class Away {
    private Away() {}

    public static void main(String[] arguments) {
        ConnectionFactory factory = new JmsConnectionFactory(arguments[0]);
        try (JMSContext context = factory.createContext()) {
            context.setClientID("reader-1");
            Topic news = context.createTopic("news/today");
            context.createDurableConsumer(news, "mine").close();
            context.createSharedDurableConsumer(news, "ours").close();
            context.createProducer().send(news, "while nobody listened");
            try (JMSConsumer mine = context.createDurableConsumer(news, "mine");
                    JMSConsumer ours = context.createSharedDurableConsumer(news, "ours")) {
                System.out.println(mine.receiveBody(String.class) + ", " + ours.receiveBody(String.class));
            }
            context.unsubscribe("mine");
            context.unsubscribe("ours");
        }
    }
}
