// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Property;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscriber;
import dev.tarn.api.resource.Subscription;
import dev.tarn.api.security.User;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Write;
import dev.tarn.testkit.Node;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.protonj2.client.ConnectionOptions;
import org.apache.qpid.protonj2.client.Message;
import org.apache.qpid.protonj2.client.Receiver;
import org.apache.qpid.protonj2.client.ReceiverOptions;
import org.apache.qpid.protonj2.client.Sender;
import org.apache.qpid.protonj2.types.UnsignedLong;
import org.apache.qpid.protonj2.types.messaging.ApplicationProperties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Selectors take what SQL-92 says, wherever the engine asks them: of rows, of changes, of the log. */
class SelectedTest {

    private static final Table ROLES = new Table(
            "system", "roles", null, List.of(Attribute.primaryKey("name", Attribute.Type.ID)), Table.Rules.DECLARED);

    private static final int ROWS = 40;

    private final List<AmqpProtocol> made = new ArrayList<>();
    private Node node;

    @BeforeEach
    void start(@TempDir java.nio.file.Path directory) {
        node = Node.in(directory).stream(services -> {
                    made.add(Peer.protocol(services));
                    return made.get(made.size() - 1);
                })
                .start()
                .deploy(Peer.SENSORS);
    }

    @AfterEach
    void stop() {
        node.close();
    }

    /** A row's attributes, and the properties that were sent with it, which come first. */
    private record Sample(Map<String, Object> attributes, Map<String, Object> properties) {

        static Sample make(Random random) {
            Map<String, Object> attributes = new LinkedHashMap<>();
            Map<String, Object> properties = new LinkedHashMap<>();
            String[] texts = {"a", "b", "ab", "it's", "5", "", "a_%"};
            maybe(random, attributes, "temp", random.nextInt(3) == 0 ? 21.5 : (double) random.nextInt(25));
            maybe(random, attributes, "room", texts[random.nextInt(texts.length)]);
            maybe(random, attributes, "open", random.nextBoolean());
            maybe(random, attributes, "tag", (long) random.nextInt(7));
            if (random.nextInt(3) == 0) {
                maybe(random, properties, "level", random.nextInt(7));
                maybe(random, properties, "tag", texts[random.nextInt(texts.length)]);
                maybe(random, properties, "temp", (double) random.nextInt(25));
            }
            return new Sample(attributes, properties);
        }

        private static void maybe(Random random, Map<String, Object> into, String name, Object value) {
            if (random.nextInt(4) > 0) {
                into.put(name, value);
            }
        }

        Map<String, Object> named() {
            Map<String, Object> all = new HashMap<>(attributes);
            all.putAll(properties);
            all.replaceAll((name, value) -> value instanceof Number number ? new BigDecimal(number.toString()) : value);
            return all;
        }
    }

    @Test
    void conditions_made_at_random_are_true_of_what_sql_says() {
        Random random = new Random(20_261_122);
        Codec codec = new Codec();
        List<Sample> samples = new ArrayList<>();
        List<Change> changes = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            Sample sample = Sample.make(random);
            samples.add(sample);
            changes.add(change(sample, codec, i % 2 == 0));
        }
        for (int i = 0; i < 3_000; i++) {
            RandomSelector made = RandomSelector.make(random);
            Selector selector = Selector.of(made.text());
            for (int n = 0; n < changes.size(); n++) {
                Sample sample = samples.get(n);
                assertThat(selector.takes(changes.get(n), codec))
                        .as("%s of %s", made.text(), sample)
                        .isEqualTo(made.takes(sample.named()));
            }
        }
    }

    /** @param typed whether the properties came over AMQP; texts come over anything */
    private Change change(Sample sample, Codec codec, boolean typed) {
        Attributes.Builder attributes = Attributes.builder();
        boolean texts = sample.properties().values().stream().allMatch(String.class::isInstance);
        if (typed || !texts) {
            var buffer = Codec.allocate(256);
            codec.write(buffer, new ApplicationProperties(new HashMap<>(sample.properties())));
            attributes.extension(Messages.EXTENSION, Kept.of(Sections.of(Codec.bytes(buffer), codec)));
        } else {
            attributes.properties(sample.properties().entrySet().stream()
                    .map(each -> new Property(each.getKey(), each.getValue().toString()))
                    .toList());
        }
        return new Change(
                7,
                Kind.PUT,
                "data.Sensors",
                Path.of("Sensors/1"),
                node.services().bodies().of(sample.attributes()),
                1,
                0,
                attributes.build());
    }

    private static ReceiverOptions selecting(String selector) {
        ReceiverOptions options = new ReceiverOptions();
        options.sourceOptions().addFilter("selector", UnsignedLong.valueOf(0x468C00000004L), selector);
        return options;
    }

    /** What a receiver is given until the last row of a round, by path and how often. */
    private static Map<String, Integer> taken(Receiver receiver) throws Exception {
        Map<String, Integer> taken = new TreeMap<>();
        String path = "";
        while (!path.equals("Sensors/zz")) {
            path = Peer.next(receiver).message().to();
            taken.merge(path, 1, Integer::sum);
        }
        return taken;
    }

    private static Map<String, Integer> expected(RandomSelector selector, List<Sample> samples) {
        Map<String, Integer> expected = new TreeMap<>(Map.of("Sensors/zz", 1));
        for (int i = 0; i < samples.size(); i++) {
            if (selector.takes(samples.get(i).named())) {
                expected.put("Sensors/" + i, 1);
            }
        }
        return expected;
    }

    private static List<Sample> write(Peer peer, Random random) throws Exception {
        List<Sample> samples = new ArrayList<>();
        try (Sender sender = Peer.await(peer.connection().openAnonymousSender().openFuture())) {
            for (int i = 0; i <= ROWS; i++) {
                Sample sample = Sample.make(random);
                Message<Object> message = Message.create((Object) sample.attributes());
                message.to("Sensors/" + (i == ROWS ? "zz" : String.valueOf(i))).subject("put");
                for (Map.Entry<String, Object> property : sample.properties().entrySet()) {
                    message.property(property.getKey(), property.getValue());
                }
                if (i < ROWS) {
                    samples.add(sample);
                }
                assertThat(Peer.send(sender, message).remoteState().isAccepted())
                        .isTrue();
            }
        }
        return samples;
    }

    @Test
    void rows_changes_and_what_was_missed_are_selected_alike() throws Exception {
        Random random = new Random(9);
        List<RandomSelector> selectors = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            selectors.add(RandomSelector.make(random));
        }
        try (Peer peer = Peer.of(node, "reader", new ConnectionOptions())) {
            List<Sample> rows = write(peer, random);
            List<Receiver> receivers = new ArrayList<>();
            for (int i = 0; i < selectors.size(); i++) {
                ReceiverOptions options =
                        selecting("(" + selectors.get(i).text() + ") OR JMSDestination = 'Sensors/zz'");
                // With so little credit whatever is not selected must not take any.
                options.creditWindow(i % 2 == 0 ? 2 : 10);
                Receiver receiver = Peer.await((i % 4 < 2
                                ? peer.connection().openReceiver("Sensors/#", options)
                                : peer.connection().openDurableReceiver("Sensors/#", "kept" + i, options))
                        .openFuture());
                receivers.add(receiver);
                assertThat(taken(receiver))
                        .as("rows, %s", selectors.get(i).text())
                        .isEqualTo(expected(selectors.get(i), rows));
            }
            for (int i = 3; i < selectors.size(); i += 4) {
                Peer.await(receivers.get(i).detachAsync());
            }
            List<Sample> changes = write(peer, random);
            for (int i = 0; i < selectors.size(); i++) {
                Receiver receiver = i % 4 < 3
                        ? receivers.get(i)
                        : Peer.await(peer.connection()
                                .openDurableReceiver(
                                        "Sensors/#",
                                        "kept" + i,
                                        selecting("(" + selectors.get(i).text() + ") OR JMSDestination = 'Sensors/zz'"))
                                .openFuture());
                assertThat(taken(receiver))
                        .as("changes, %s", selectors.get(i).text())
                        .isEqualTo(expected(selectors.get(i), changes));
            }
        }
    }

    @Test
    void what_the_selector_of_a_durable_subscription_leaves_out_is_not_owed_while_its_client_is_here()
            throws Exception {
        try (Peer peer = Peer.of(node, "reader", new ConnectionOptions())) {
            Peer.await(peer.connection()
                    .openDurableReceiver("Sensors/#", "picky", selecting("temp > 1000"))
                    .openFuture());
            for (int i = 0; i < 20; i++) {
                node.put("Sensors/" + i, "{\"temp\":1}");
            }
            long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (owed() > 0) {
                assertThat(System.nanoTime()).as("20 changes are still owed").isLessThan(deadline);
            }
        }
    }

    private long owed() {
        return Node.await(made.get(0).feeds().list()).stream()
                .mapToLong(each -> (long) each.get("owed"))
                .sum();
    }

    @Test
    void an_attribute_that_its_user_may_not_see_is_none_for_the_selector() throws Exception {
        Body role = node.json("{\"name\":\"partly\",\"tables\":[{\"table\":\"Sensors\",\"read\":[\"room\"]}]}");
        Draft draft = Draft.put(ROLES, ROLES.path("partly"), role, Attributes.NONE, Expectation.ANYTHING);
        Node.await(node.services().store().commit(new Write(List.of(draft), List.of())));
        Context context = node.services()
                .resources()
                .context(new User("guest", Set.of("partly"), false, true), "test", "guest", null);
        List<String> got = new ArrayList<>();
        Seen seen = new Seen(got);
        Selector selector = Selector.of("temp = 5 OR (temp IS NULL AND room = 'last')");
        var loop = Executors.newSingleThreadExecutor();
        try {
            loop.submit(() -> {
                        var mailbox = node.services().resources().mailbox(context, loop, seen);
                        mailbox.subscribe(
                                Filter.of("Sensors/#"), Start.LIVE, Interest.ALL.where(selector.on(new Codec())), null);
                        mailbox.request(100);
                    })
                    .get();
            node.put("Sensors/1", "{\"temp\":5,\"room\":\"first\"}");
            node.put("Sensors/2", "{\"temp\":5,\"room\":\"last\"}");
            assertThat(seen.last.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(got).containsExactly("Sensors/2");
        } finally {
            loop.shutdownNow();
        }
    }

    /** Keeps the paths of what it is told; its loop is the only one to touch them before the last. */
    private static final class Seen implements Subscriber {
        private final List<String> paths;
        private final CountDownLatch last = new CountDownLatch(1);

        Seen(List<String> paths) {
            this.paths = paths;
        }

        @Override
        public void deliver(List<Delivery> batch) {
            batch.forEach(each -> paths.add(each.change().path().text()));
            if (paths.contains("Sensors/2")) {
                last.countDown();
            }
        }

        @Override
        public void missed(long changes) {
            paths.add("missed " + changes);
        }

        @Override
        public void current(Subscription subscription, long sequence) {
            paths.add("current");
        }

        @Override
        public void reset(Subscription subscription) {
            paths.add("reset");
        }

        @Override
        public void ended(Failure why) {
            paths.add("ended " + why);
        }
    }
}
