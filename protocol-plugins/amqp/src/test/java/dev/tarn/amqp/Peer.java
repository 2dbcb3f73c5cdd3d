// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Table;
import dev.tarn.testkit.Node;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.qpid.protonj2.client.Client;
import org.apache.qpid.protonj2.client.ClientOptions;
import org.apache.qpid.protonj2.client.Connection;
import org.apache.qpid.protonj2.client.ConnectionOptions;
import org.apache.qpid.protonj2.client.Delivery;
import org.apache.qpid.protonj2.client.Message;
import org.apache.qpid.protonj2.client.Receiver;
import org.apache.qpid.protonj2.client.ReceiverOptions;
import org.apache.qpid.protonj2.client.Sender;
import org.apache.qpid.protonj2.client.Tracker;
import org.apache.qpid.protonj2.client.exceptions.ClientException;

/** A client of the library's own, and nodes for it. */
final class Peer implements AutoCloseable {

    static final Table SENSORS = new Table(
            "data",
            "Sensors",
            "Sensors",
            List.of(
                    Attribute.primaryKey("id", Attribute.Type.ID),
                    Attribute.of("temp", Attribute.Type.FLOAT),
                    Attribute.of("room", Attribute.Type.STRING)),
            Table.Rules.DECLARED);

    private static final long PATIENCE = 60;

    private final Client client;
    private final Connection connection;

    private Peer(int port, String container, ConnectionOptions options) throws ClientException {
        this.client = Client.create(new ClientOptions().id(container));
        options.reconnectEnabled(false);
        if (options.user() == null && options.saslOptions().allowedMechanisms().isEmpty()) {
            // Its SASL layer leaks buffers.
            options.saslOptions().saslEnabled(false);
        }
        this.connection = client.connect("127.0.0.1", port, options);
    }

    static Node node(Path directory) {
        return Node.in(directory).stream(services -> services.make(AmqpProtocol.class))
                .start()
                .deploy(SENSORS);
    }

    static Peer of(Node node) throws ClientException {
        return of(node, "peer", new ConnectionOptions());
    }

    static Peer of(Node node, String container, ConnectionOptions options) throws ClientException {
        return new Peer(node.port("amqp"), container, options);
    }

    Connection connection() {
        return connection;
    }

    Receiver receiver(String address) throws Exception {
        return receiver(address, new ReceiverOptions());
    }

    Receiver receiver(String address, ReceiverOptions options) throws Exception {
        return await(connection.openReceiver(address, options).openFuture());
    }

    Sender sender(String address) throws Exception {
        return await(connection.openSender(address).openFuture());
    }

    /** Sends and waits until the server has said what became of it. */
    static Tracker send(Sender sender, Message<?> message) throws ClientException {
        return sender.send(message).awaitSettlement(PATIENCE, TimeUnit.SECONDS);
    }

    /** The next delivery; fails when none comes. */
    static Delivery next(Receiver receiver) throws ClientException {
        Delivery delivery = receiver.receive(PATIENCE, TimeUnit.SECONDS);
        if (delivery == null) {
            throw new AssertionError("no delivery within " + PATIENCE + " s");
        }
        return delivery;
    }

    static <T> T await(Future<T> future) throws Exception {
        try {
            return future.get(PATIENCE, TimeUnit.SECONDS);
        } catch (ExecutionException failed) {
            throw failed.getCause() instanceof Exception cause ? cause : failed;
        } catch (TimeoutException late) {
            throw new AssertionError("nothing within " + PATIENCE + " s", late);
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
