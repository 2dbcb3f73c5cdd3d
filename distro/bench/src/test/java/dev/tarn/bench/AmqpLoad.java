// SPDX-License-Identifier: Apache-2.0
package dev.tarn.bench;

import jakarta.jms.BytesMessage;
import jakarta.jms.CompletionListener;
import jakarta.jms.Connection;
import jakarta.jms.DeliveryMode;
import jakarta.jms.Destination;
import jakarta.jms.JMSException;
import jakarta.jms.Message;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.qpid.jms.JmsConnectionFactory;
import org.jspecify.annotations.Nullable;

/**
 * Loads an AMQP server through Apache Qpid JMS, which knows nothing of either server, and prints a line of results as
 * {@link Main} does. An operation is a message that its consumer has got; so many are under way at a time.
 *
 * <pre>
 * java -cp ... dev.tarn.bench.AmqpLoad amqp-queue --label artemis --port 5672 --pid 1234 --seconds 5
 * </pre>
 */
public final class AmqpLoad {

    /**
     * A load.
     *
     * @param consumers of each publisher's topic
     * @param queue whether messages are persistent and go to a queue, not a topic
     * @param window messages of each publisher that are under way
     */
    record Shape(int pairs, int consumers, boolean queue, int window) {}

    /** Loads by name. */
    static final Map<String, Shape> SHAPES = new TreeMap<>(Map.of(
            "amqp-topic", new Shape(1, 1, false, 100),
            "amqp-topic-10-pairs", new Shape(10, 1, false, 100),
            "amqp-topic-fanout", new Shape(1, 20, false, 20),
            "amqp-queue", new Shape(1, 1, true, 100),
            "amqp-queue-10-pairs", new Shape(10, 1, true, 100)));

    private static final long PATIENCE_SECONDS = 60;

    private final Shape shape;
    private final Options options;
    private final List<Consumer> consumers = new ArrayList<>();
    private final List<Publisher> publishers = new ArrayList<>();
    private final List<Connection> connections = new ArrayList<>();
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    private volatile boolean measuring;
    private volatile boolean stopping;

    private AmqpLoad(Shape shape, Options options) {
        this.shape = shape;
        this.options = options;
    }

    public static void main(String... arguments) throws Exception {
        String[] rest = java.util.Arrays.copyOfRange(arguments, 1, arguments.length);
        System.out.println(run(arguments[0], Options.of(rest)).line());
        System.exit(0);
    }

    /** Prepares, warms up, measures. */
    static Result run(String name, Options options) throws Exception {
        Shape shape = SHAPES.get(name);
        if (shape == null) {
            throw new IllegalArgumentException(name + " is none of " + SHAPES.keySet());
        }
        AmqpLoad load = new AmqpLoad(shape, options);
        try {
            return load.run(name);
        } finally {
            load.close();
        }
    }

    private Result run(String name) throws Exception {
        for (int i = 0; i < shape.pairs(); i++) {
            prepare(i);
        }
        publishers.forEach(Thread::start);
        pass(options.warm());
        measuring = true;
        long self = ProcessHandle.current().pid();
        long clientBefore = Cpu.microseconds(self);
        long before = Cpu.microseconds(options.process());
        long start = System.nanoTime();
        pass(options.seconds());
        measuring = false;
        double seconds = (System.nanoTime() - start) / 1e9;
        long used = Cpu.microseconds(options.process()) - before;
        long clientUsed = Cpu.microseconds(self) - clientBefore;
        stopping = true;
        for (Publisher publisher : publishers) {
            publisher.finish();
        }
        Latencies latencies = new Latencies();
        for (Consumer consumer : consumers) {
            latencies.add(consumer.latencies);
        }
        double count = latencies.count();
        if (count == 0) {
            throw new IOException("no message arrived");
        }
        return new Result(
                options.label(),
                name,
                count / seconds,
                used / count,
                latencies.percentile(0.5) / 1e3,
                latencies.percentile(0.99) / 1e3,
                latencies.percentile(0.999) / 1e3,
                clientUsed / count,
                Cpu.load());
    }

    /** Waits for so many seconds, or until something fails. */
    private void pass(int seconds) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (System.nanoTime() < end) {
            TimeUnit.MILLISECONDS.sleep(10);
            Exception failed = failure.get();
            if (failed != null) {
                throw failed;
            }
        }
    }

    private void prepare(int number) throws JMSException {
        Semaphore window = new Semaphore(shape.window() * shape.consumers());
        String name = options.prefix() + (shape.queue() ? "/queue" : "/topic") + number;
        for (int i = 0; i < shape.consumers(); i++) {
            Session session = session();
            Consumer consumer = new Consumer(window);
            consumers.add(consumer);
            session.createConsumer(destination(session, name)).setMessageListener(consumer::arrived);
        }
        Session session = session();
        publishers.add(new Publisher(session, session.createProducer(destination(session, name)), window));
    }

    private Session session() throws JMSException {
        JmsConnectionFactory factory = new JmsConnectionFactory("amqp://"
                + options.server().getHostString() + ":" + options.server().getPort());
        Connection connection = factory.createConnection(options.user(), options.password());
        connections.add(connection);
        connection.setExceptionListener(failed -> failure.compareAndSet(null, failed));
        connection.start();
        return connection.createSession(Session.AUTO_ACKNOWLEDGE);
    }

    private Destination destination(Session session, String name) throws JMSException {
        return shape.queue() ? session.createQueue(name) : session.createTopic(name);
    }

    private void close() throws JMSException {
        stopping = true;
        for (Connection connection : connections) {
            connection.close();
        }
    }

    /** Records what arrives; on the session's thread. */
    private final class Consumer {
        private final Semaphore window;
        private final Latencies latencies = new Latencies();

        Consumer(Semaphore window) {
            this.window = window;
        }

        private void arrived(Message message) {
            try {
                if (measuring) {
                    latencies.record(System.nanoTime() - ((BytesMessage) message).readLong());
                }
                window.release();
            } catch (JMSException failed) {
                failure.compareAndSet(null, failed);
            }
        }
    }

    /** Sends while there is room in its window. */
    private final class Publisher extends Thread implements CompletionListener {
        private final Session session;
        private final MessageProducer producer;
        private final Semaphore window;
        private final byte[] payload = options.payload();

        Publisher(Session session, MessageProducer producer, Semaphore window) throws JMSException {
            super("publisher");
            this.session = session;
            this.producer = producer;
            this.window = window;
            setDaemon(true);
            producer.setDeliveryMode(shape.queue() ? DeliveryMode.PERSISTENT : DeliveryMode.NON_PERSISTENT);
            producer.setDisableMessageTimestamp(true);
        }

        @Override
        public void run() {
            try {
                while (!stopping) {
                    if (window.tryAcquire(shape.consumers(), 100, TimeUnit.MILLISECONDS)) {
                        send();
                    }
                }
            } catch (JMSException failed) {
                if (!stopping) {
                    failure.compareAndSet(null, failed);
                }
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }

        private void send() throws JMSException {
            BytesMessage message = session.createBytesMessage();
            ByteBuffer.wrap(payload).putLong(System.nanoTime());
            message.writeBytes(payload);
            if (shape.queue()) {
                producer.send(message, this);
            } else {
                producer.send(message);
            }
        }

        /** Waits until all that was sent has arrived, so that nothing is left for the next run. */
        private void finish() throws Exception {
            join(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
            if (!window.tryAcquire(shape.window() * shape.consumers(), PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException("messages were lost: " + window);
            }
        }

        @Override
        public void onCompletion(Message message) {
            // Counted when it arrives.
        }

        @Override
        public void onException(Message message, Exception failed) {
            failure.compareAndSet(null, failed);
        }
    }
}
