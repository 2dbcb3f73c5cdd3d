// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tarn.testkit.EventReader;
import dev.tarn.testkit.WebSocketClient;
import jakarta.jms.JMSConsumer;
import jakarta.jms.JMSException;
import jakarta.jms.JMSRuntimeException;
import jakarta.jms.Message;
import jakarta.jms.Topic;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Clients of every protocol at work: writers each count 1, 2, 3 … on a path of their own, readers see that nothing of
 * that is missing. A client may lose its connection only while one of its own protocols is disturbed; it comes back then,
 * and a reader goes on where it was.
 */
final class Crowd implements AutoCloseable {
    private static final Duration PACE = Duration.ofMillis(15);
    private static final Duration SOON = Duration.ofSeconds(60);

    private final Tarn tarn;
    private final int mqttPort;
    private final int amqpPort;
    private final AtomicReference<String> disturbed = new AtomicReference<>("");
    private final CountDownLatch ended = new CountDownLatch(1);
    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private final List<Writer> writers = new ArrayList<>();
    private final List<Reader> readers = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();

    Crowd(Tarn tarn, int mqttPort, int amqpPort) {
        this.tarn = tarn;
        this.mqttPort = mqttPort;
        this.amqpPort = amqpPort;
        readers.add(new Events());
        readers.add(new Frames());
        readers.add(new Session("mqtt", Set.of("mqtt"), false));
        readers.add(new Session("mqtt over websocket", Set.of("mqtt", "websocket"), true));
        readers.add(new Durable());
        writers.add(new Puts());
        writers.add(new Publishes("row", true));
        writers.add(new Publishes("message", false));
        writers.add(new FramePuts());
        writers.add(new Sends());
    }

    /** Starts everybody, readers first. */
    void begin() throws Exception {
        start(readers);
        Eventually.passes(SOON, () -> {
            for (Reader reader : readers) {
                if (!reader.listening) {
                    throw new AssertionError(reader.name + " is not listening yet: " + complaints);
                }
            }
            return null;
        });
        start(writers);
    }

    private void start(List<? extends Client> clients) {
        for (Client client : clients) {
            Thread thread = new Thread(client, client.name);
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
    }

    /** From now on clients of this protocol may lose their connections. */
    void disturb(String protocol) {
        disturbed.set(protocol);
    }

    /** Waits until everybody has gone on from here; then nobody may lose a connection any more. */
    void calm() throws Exception {
        await(1);
        disturbed.set("");
    }

    /** Waits until each writer has written so many more, and each reader has read them. */
    private void await(int more) throws Exception {
        Map<String, Long> goals = new ConcurrentHashMap<>();
        writers.forEach(writer -> goals.put(writer.path(), writer.written.get() + more));
        Eventually.passes(SOON, () -> {
            if (!complaints.isEmpty()) {
                return null;
            }
            for (Reader reader : readers) {
                goals.forEach((path, goal) -> {
                    if (reader.read.getOrDefault(path, 0L) < goal) {
                        throw new AssertionError(reader.name + " has read " + reader.read + " and not yet " + goals);
                    }
                });
            }
            return null;
        });
    }

    /** What went wrong. */
    List<String> complaints() {
        return List.copyOf(complaints);
    }

    /** Ends everybody, once everything that was written has been read. */
    @Override
    public void close() throws Exception {
        calm();
        writers.forEach(writer -> writer.over = true);
        for (int i = readers.size(); i < threads.size(); i++) {
            threads.get(i).join(TimeUnit.SECONDS.toMillis(20));
        }
        await(0);
        ended.countDown();
        for (Thread thread : threads) {
            thread.join(TimeUnit.SECONDS.toMillis(20));
        }
    }

    long written() {
        return writers.stream().mapToLong(writer -> writer.written.get()).sum();
    }

    /** Somebody with a thread and a connection. */
    private abstract class Client implements Runnable {
        final String name;
        final Set<String> protocols;
        volatile boolean over;

        Client(String name, Set<String> protocols) {
            this.name = name;
            this.protocols = protocols;
        }

        /** Connects and works until it is over, or the connection is. */
        abstract void work() throws IOException, InterruptedException;

        boolean over() {
            return over || ended.getCount() == 0;
        }

        @Override
        public void run() {
            while (!over()) {
                try {
                    work();
                } catch (IOException | AssertionError failure) {
                    if (!over() && !protocols.contains(disturbed.get())) {
                        complain("lost its connection while \"" + disturbed.get() + "\" was disturbed: " + failure);
                    }
                    rest();
                } catch (InterruptedException interrupted) {
                    return;
                } catch (RuntimeException bug) {
                    complain(bug.toString());
                    return;
                }
            }
        }

        void complain(String what) {
            if (complaints.size() < 20) {
                complaints.add(name + " " + what);
            }
        }

        void rest() {
            try {
                ended.await(PACE.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException interrupted) {
                over = true;
            }
        }
    }

    private abstract class Writer extends Client {
        private static final String TABLE = "Sensors/";

        final AtomicLong written = new AtomicLong();

        /** Values that were sent more than once, since no answer came. */
        final Set<Long> repeated = ConcurrentHashMap.newKeySet();

        private long sent;

        Writer(String name, Set<String> protocols) {
            super(name, protocols);
        }

        String path() {
            return TABLE + name.replace(' ', '-');
        }

        /** What to write next. */
        String next() {
            long value = written.get() + 1;
            if (value == sent) {
                repeated.add(value);
            }
            sent = value;
            return "{\"temp\":" + value + "}";
        }

        void acknowledged() {
            written.incrementAndGet();
            rest();
        }
    }

    private final class Puts extends Writer {
        Puts() {
            super("http writer", Set.of("http"));
        }

        @Override
        void work() throws IOException, InterruptedException {
            while (!over()) {
                int status = Http.put(tarn, "/" + path(), next()).statusCode();
                if (status != 201 && status != 204) {
                    throw new IOException("status " + status);
                }
                acknowledged();
            }
        }
    }

    private final class Publishes extends Writer {
        private final boolean retain;

        Publishes(String what, boolean retain) {
            super("mqtt writer of " + what, Set.of("mqtt"));
            this.retain = retain;
        }

        @Override
        void work() throws IOException, InterruptedException {
            try (Mqtt mqtt = Mqtt.tcp(
                    Mqtt.V4, mqttPort, tarn.login().name(), tarn.login().password())) {
                while (!over()) {
                    mqtt.publish(path(), next(), 1, retain);
                    acknowledged();
                }
            }
        }
    }

    private final class FramePuts extends Writer {
        FramePuts() {
            super("websocket writer", Set.of("websocket"));
        }

        @Override
        void work() throws IOException, InterruptedException {
            try (WebSocketClient socket = new WebSocketClient(
                    tarn.ws("/Sensors/?subscribe=false"), null, tarn.login().headers())) {
                while (!over()) {
                    socket.send("{\"type\":\"put\",\"path\":\"" + path() + "\",\"value\":" + next() + ",\"ref\":1}");
                    String answer = socket.nextText();
                    if (!answer.contains("\"ok\"")) {
                        throw new IOException(answer);
                    }
                    acknowledged();
                }
            }
        }
    }

    private Jms jms() throws IOException {
        try {
            return Jms.to(
                    "amqp://127.0.0.1:" + amqpPort,
                    tarn.login().name(),
                    tarn.login().password());
        } catch (JMSRuntimeException refused) {
            throw new IOException(refused);
        }
    }

    private final class Sends extends Writer {
        Sends() {
            super("amqp writer", Set.of("amqp"));
        }

        @Override
        void work() throws IOException {
            try (Jms jms = jms()) {
                while (!over()) {
                    jms.publish(path(), next(), true);
                    acknowledged();
                }
            } catch (JMSRuntimeException closed) {
                throw new IOException(closed);
            }
        }
    }

    private abstract class Reader extends Client {
        final Map<String, Long> read = new ConcurrentHashMap<>();
        volatile boolean listening;

        /** Values up to this one may come again after a connection was lost. */
        private Map<String, Long> again = Map.of();

        Reader(String name, Set<String> protocols) {
            super(name, protocols);
        }

        /** Told by protocols that send again what was not acknowledged. */
        void mayRepeat() {
            again = Map.copyOf(read);
        }

        void take(String path, JsonNode value) {
            long number = value.path("temp").asLong();
            long before = read.getOrDefault(path, 0L);
            Writer writer = writers.stream()
                    .filter(each -> each.path().equals(path))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("what is " + path + " " + value));
            if (number == before + 1) {
                read.put(path, number);
            } else if (number > before) {
                complain("missed what is between " + before + " and " + number + " of " + path);
                read.put(path, number);
            } else if (!writer.repeated.contains(number) && number > again.getOrDefault(path, 0L)) {
                complain("got " + number + " of " + path + " again, after " + before);
            }
        }
    }

    private final class Events extends Reader {
        private @Nullable String last;

        Events() {
            super("sse reader", Set.of("sse"));
        }

        @Override
        void work() throws IOException, InterruptedException {
            List<String> headers = new ArrayList<>(List.of(tarn.login().headers()));
            if (last != null) {
                headers.addAll(List.of("Last-Event-ID", last));
            }
            try (EventReader events = new EventReader(tarn.uri("/Sensors/"), headers.toArray(String[]::new))) {
                int status = events.head().statusCode();
                if (status != 200) {
                    throw new IOException("status " + status);
                }
                listening = true;
                while (!over()) {
                    EventReader.Event event = events.poll(Duration.ofMillis(100));
                    if (event != null) {
                        JsonNode json = Http.json(event.data());
                        take("Sensors/" + json.path("id").asText(), json.path("value"));
                        last = event.id() == null ? last : event.id();
                    } else if (events.ended()) {
                        throw new IOException("the stream has ended");
                    }
                }
            }
        }
    }

    private final class Frames extends Reader {
        private long last;

        Frames() {
            super("websocket reader", Set.of("websocket"));
        }

        @Override
        void work() throws IOException, InterruptedException {
            URI uri = tarn.ws("/Sensors/" + (last == 0 ? "" : "?since=" + last));
            try (WebSocketClient socket =
                    new WebSocketClient(uri, null, tarn.login().headers())) {
                listening = true;
                while (!over()) {
                    JsonNode json = Http.json(socket.nextText());
                    take("Sensors/" + json.path("id").asText(), json.path("value"));
                    last = Math.max(last, json.path("sequence").asLong());
                }
            }
        }
    }

    private final class Session extends Reader {
        private final boolean webSocket;

        Session(String what, Set<String> protocols, boolean webSocket) {
            super(what + " session", protocols);
            this.webSocket = webSocket;
        }

        @Override
        void work() throws IOException, InterruptedException {
            String client = name.replace(' ', '-');
            try (Mqtt mqtt = webSocket
                    ? Mqtt.session(tarn.ws("/mqtt"), client, tarn.login())
                    : Mqtt.session(mqttPort, client, tarn.login())) {
                if (listening && !mqtt.sessionPresent()) {
                    complain("lost its session");
                }
                if (!listening) {
                    mqtt.subscribe("Sensors/#", 1);
                    listening = true;
                }
                mayRepeat();
                while (!over()) {
                    Mqtt.Message message = mqtt.next();
                    take(message.topic(), Http.json(message.text()));
                }
            }
        }
    }

    private final class Durable extends Reader {
        Durable() {
            super("amqp durable subscription", Set.of("amqp"));
        }

        @Override
        void work() throws IOException {
            try (Jms jms = jms()) {
                jms.context().setClientID("crowd");
                JMSConsumer consumer =
                        jms.context().createDurableConsumer(jms.context().createTopic("Sensors/#"), "crowd");
                listening = true;
                mayRepeat();
                while (!over()) {
                    Message message = consumer.receive(100);
                    if (message != null) {
                        take(((Topic) message.getJMSDestination()).getTopicName(), Http.json(Jms.text(message)));
                    }
                }
            } catch (JMSException | JMSRuntimeException closed) {
                throw new IOException(closed);
            }
        }
    }
}
