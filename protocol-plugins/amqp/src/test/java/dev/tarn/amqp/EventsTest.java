// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.client.ClientEvent;
import dev.tarn.testkit.Node;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.protonj2.client.ConnectionOptions;
import org.apache.qpid.protonj2.client.Message;
import org.apache.qpid.protonj2.client.Receiver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Observers hear what clients do. */
class EventsTest {

    private final BlockingQueue<ClientEvent> events = new LinkedBlockingQueue<>();

    private ClientEvent next(ClientEvent.Type type) throws InterruptedException {
        ClientEvent event = events.poll(60, TimeUnit.SECONDS);
        assertThat(event).as("an event within a minute").isNotNull();
        assertThat(event.type()).isEqualTo(type);
        assertThat(event.client().protocol()).isEqualTo("amqp");
        return event;
    }

    @Test
    void from_the_connection_to_its_end(@TempDir Path directory) throws Exception {
        Map<String, Object> all = Map.of(
                "events",
                new String[] {"connection", "connected", "subscribed", "unsubscribed", "published", "disconnected"});
        try (Node node = Node.in(directory).stream(services -> {
                    AmqpProtocol made = Peer.protocol(services);
                    made.addObserver(events::add, all);
                    return made;
                })
                .start()) {
            try (Peer peer = Peer.of(node, "observed", new ConnectionOptions())) {
                next(ClientEvent.Type.CONNECTION);
                assertThat(next(ClientEvent.Type.CONNECTED).client().id()).isEqualTo("observed");
                Receiver receiver = peer.receiver("news/#");
                assertThat(next(ClientEvent.Type.SUBSCRIBED).topic()).isEqualTo("news/#");
                Peer.send(peer.sender("news/a"), Message.create("one"));
                ClientEvent published = next(ClientEvent.Type.PUBLISHED);
                assertThat(published.topic()).isEqualTo("news/a");
                assertThat(published.qos()).isEqualTo(2);
                Peer.await(receiver.closeAsync());
                assertThat(next(ClientEvent.Type.UNSUBSCRIBED).topic()).isEqualTo("news/#");
            }
            assertThat(next(ClientEvent.Type.DISCONNECTED).client().id()).isEqualTo("observed");
        }
    }
}
