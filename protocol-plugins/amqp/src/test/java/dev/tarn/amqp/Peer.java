// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Table;
import dev.tarn.api.security.Mechanisms;
import dev.tarn.testkit.Node;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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
import org.apache.qpid.protonj2.client.transport.netty4.TcpTransport;

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

    private Peer(int port, String container, ConnectionOptions options) throws Exception {
        this.client = Client.create(new ClientOptions().id(container));
        options.reconnectEnabled(false);
        if (options.user() == null && options.saslOptions().allowedMechanisms().isEmpty()) {
            // Its SASL layer leaks buffers.
            options.saslOptions().saslEnabled(false);
        }
        this.connection = client.connect("127.0.0.1", port, options);
        try {
            untracked(await(connection.openFuture()));
        } catch (Exception refused) {
            client.close();
            throw refused;
        }
    }

    /**
     * The client keeps slices of what it has read for deliveries that nobody has asked it for, and never lets go of them. Its
     * buffers, and not the server's, are made without being watched for that.
     */
    private static void untracked(Connection connection) {
        try {
            Object transport = field(connection.getClass(), "transport").get(connection);
            Channel channel = (Channel) field(TcpTransport.class, "channel").get(transport);
            channel.config().setAllocator(new UnpooledByteBufAllocator(false, true));
        } catch (ReflectiveOperationException changed) {
            throw new LinkageError("the client is another one", changed);
        }
    }

    private static Field field(Class<?> type, String name) throws NoSuchFieldException {
        Field field = type.getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }

    /** As the framework makes it. */
    static AmqpProtocol protocol(Node.Services services) {
        return protocol(services, Map.of());
    }

    static AmqpProtocol protocol(Node.Services services, Map<String, ?> configuration) {
        AmqpProtocol made = services.make(AmqpProtocol.class, configuration);
        made.setMechanisms((Mechanisms) services.users()); // users are both
        return made;
    }

    static Node node(Path directory) {
        return Node.in(directory).stream(Peer::protocol).start().deploy(SENSORS);
    }

    static Peer of(Node node) throws Exception {
        return of(node, "peer", new ConnectionOptions());
    }

    static Peer of(Node node, String container, ConnectionOptions options) throws Exception {
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
