// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.security.User;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Write;
import dev.tarn.testkit.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who gets what of a subscription that several share, and how operators end what nobody comes back to. */
class KeptRightsTest {

    private static final Table ROLES = new Table(
            "system", "roles", null, List.of(Attribute.primaryKey("name", Attribute.Type.ID)), Table.Rules.DECLARED);

    private static final int MANY = 20;

    private final List<AmqpProtocol> made = new ArrayList<>();
    private Node node;
    private Feeds feeds;

    @BeforeEach
    void start(@TempDir java.nio.file.Path directory) {
        node = Node.in(directory).stream(services -> {
                    made.add(Peer.protocol(services));
                    return made.get(0);
                })
                .start()
                .deploy(Peer.SENSORS);
        feeds = made.get(0).feeds();
        role("{\"name\":\"some\",\"tables\":[{\"table\":\"Sensors\",\"read\":true,\"rows\":\"room=open\"}],"
                + "\"subscribe\":[\"Sensors/#\"]}");
        role("{\"name\":\"all\",\"tables\":[{\"table\":\"Sensors\",\"read\":true}],\"subscribe\":[\"Sensors/#\"]}");
    }

    private void role(String json) {
        Body body = node.json(json);
        String name = String.valueOf(((Map<?, ?>) body.value()).get("name"));
        Draft draft = Draft.put(ROLES, ROLES.path(name), body, Attributes.NONE, Expectation.ANYTHING);
        Node.await(node.services().store().commit(new Write(List.of(draft), List.of())));
    }

    @AfterEach
    void stop() {
        node.close();
    }

    /** Takes and settles all that it is given. */
    private final class Taker {
        private final BlockingQueue<Change> got = new LinkedBlockingQueue<>();

        Taker(FeedKey key, String filter, String role) {
            Context context = node.services()
                    .resources()
                    .context(new User("of-" + role, Set.of(role), false, true), "test", role, null);
            Feed[] joined = new Feed[1];
            FeedMember[] self = new FeedMember[1];
            self[0] = new FeedMember(
                    new FeedMember.Link(
                            context,
                            parcels -> {
                                parcels.forEach(parcel -> got.add(parcel.change()));
                                feeds.execute(() -> joined[0].settled(self[0], parcels));
                            },
                            why -> {}),
                    null);
            joined[0] = Node.await(
                    feeds.join(new FeedRequest(key, new FeedTerms(filter, null, false), -1, false, -1, true), self[0]));
            feeds.execute(() -> joined[0].request(self[0], 10L * MANY));
        }

        Change next() throws InterruptedException {
            Change change = got.poll(60, TimeUnit.SECONDS);
            assertThat(change).as("a change within a minute").isNotNull();
            return change;
        }
    }

    @Test
    void rows_of_a_shared_subscription_are_for_those_who_may_see_all_of_them() throws Exception {
        FeedKey key = new FeedKey(FeedKey.Kind.SHARED, "", "", "team");
        Taker some = new Taker(key, "Sensors/#", "some");
        Taker all = new Taker(key, "Sensors/#", "all");
        for (int i = 0; i < MANY; i++) {
            node.put("Sensors/" + i, "{\"room\":\"" + (i % 2 == 0 ? "open" : "shut") + "\"}");
        }
        for (int i = 0; i < MANY; i++) {
            assertThat(all.next().path().text()).isEqualTo("Sensors/" + i);
        }
        // What is said to both may go to either.
        for (int i = 0; i < MANY; i++) {
            node.publish("Sensors/x", "hi".getBytes(UTF_8));
        }
        assertThat(some.next().kind()).isEqualTo(Kind.MESSAGE);
        assertThat(some.got).allMatch(change -> change.kind() == Kind.MESSAGE);
    }

    @Test
    void a_right_to_rows_that_is_taken_away_ends_them() throws Exception {
        FeedKey key = new FeedKey(FeedKey.Kind.SHARED, "", "", "team");
        Taker taker = new Taker(key, "Sensors/#", "all");
        node.put("Sensors/1", "{\"room\":\"shut\"}");
        assertThat(taker.next().path().text()).isEqualTo("Sensors/1");
        role("{\"name\":\"all\",\"tables\":[{\"table\":\"Sensors\",\"read\":true,\"rows\":\"room=open\"}],"
                + "\"subscribe\":[\"Sensors/#\"]}");
        node.put("Sensors/2", "{\"room\":\"shut\"}");
        node.publish("Sensors/x", "hi".getBytes(UTF_8));
        assertThat(taker.next().kind()).isEqualTo(Kind.MESSAGE);
    }

    @Test
    void operators_remove_what_nobody_comes_back_to() throws Exception {
        Node.await(feeds.declare(FeedKey.queue("jobs")));
        node.publish("jobs", "one".getBytes(UTF_8));
        node.publish("jobs", "two".getBytes(UTF_8));
        KeptList list = new KeptList(made.get(0));
        // The publisher need not wait until the queue has heard of it.
        for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
                !owed(list).equals(List.of(2L)); ) {
            assertThat(System.nanoTime()).as("%s", owed(list)).isLessThan(end);
        }
        KeptRemoval removal = new KeptRemoval(made.get(0));
        Map<String, Object> jobs = Map.of("kind", "queue", "name", "jobs");
        assertThat(Node.await(removal.run(node.context(), jobs))).isEqualTo(Map.of("dropped", 2L));
        assertThatThrownBy(() -> Node.await(removal.run(node.context(), jobs)))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("nothing is kept as queue///jobs");
        assertThatThrownBy(() -> Node.await(removal.run(node.context(), Map.of("kind", "queue"))))
                .isInstanceOf(Failure.class);
        assertThat(Node.await(feeds.list())).isEmpty();
    }

    /** What each of those that are kept is owed. */
    private List<Object> owed(KeptList list) {
        List<Object> owed = new ArrayList<>();
        Map<?, ?> listed = Node.await(list.run(node.context(), Map.of()));
        for (Object row : (List<?>) listed.get("kept")) {
            owed.add(((Map<?, ?>) row).get("owed"));
        }
        return owed;
    }

    @Test
    void what_somebody_has_is_removed_only_by_force() {
        FeedKey key = new FeedKey(FeedKey.Kind.SHARED, "", "", "team");
        Taker taker = new Taker(key, "Sensors/#", "all");
        assertThatThrownBy(() -> Node.await(feeds.remove(key, false)))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("1 clients have it");
        assertThat(Node.await(feeds.remove(key, true))).isZero();
        assertThat(taker.got).isEmpty();
    }
}
