// SPDX-License-Identifier: Apache-2.0
package com.example.jms;

import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.Queue;
import org.apache.qpid.jms.JmsConnectionFactory;

/** Takes a job from a queue and writes the row that comes of it, both or neither. */
public final class Jobs {
    private Jobs() {}

    public static void main(String[] arguments) throws JMSException {
        ConnectionFactory factory = new JmsConnectionFactory(arguments[0]);
        try (JMSContext context = factory.createContext(JMSContext.SESSION_TRANSACTED)) {
            Queue jobs = context.createQueue("jobs");
            context.createProducer().send(jobs, "measure 102");
            context.commit();
            Message job = context.createConsumer(jobs).receive();
            context.createProducer()
                    .setProperty("x_opt_retain", true)
                    .setProperty("job", job.getBody(String.class))
                    .send(context.createTopic("Sensors/102"), "{\"temp\": 1}");
            context.commit();
        }
    }
}
