// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import io.netty.util.ResourceLeakDetector;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.protonj2.client.Client;
import org.apache.qpid.protonj2.client.ClientOptions;
import org.apache.qpid.protonj2.client.Connection;
import org.apache.qpid.protonj2.client.ConnectionOptions;
import org.apache.qpid.protonj2.client.Delivery;
import org.apache.qpid.protonj2.client.DeliveryState;
import org.apache.qpid.protonj2.client.Message;
import org.apache.qpid.protonj2.client.Receiver;
import org.apache.qpid.protonj2.client.ReceiverOptions;
import org.apache.qpid.protonj2.client.Sender;
import org.apache.qpid.protonj2.client.exceptions.ClientConnectionRemotelyClosedException;
import org.apache.qpid.protonj2.client.exceptions.ClientException;
import org.apache.qpid.protonj2.client.exceptions.ClientLinkRemotelyClosedException;

/** A stock client of AMQP 1.0. For one thread; every wait ends after a minute. */
final class Amqp implements AutoCloseable {
    private static final long PATIENCE = 60;

    static {
        // Its library loses buffers, which is not ours to see to; the server is another process.
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
    }

    private final Client client;
    private final Connection connection;
    private final CompletableFuture<String> end = new CompletableFuture<>();

    /** Fails with an IOException when it is not let in. */
    Amqp(int port, String user, String password) throws Exception {
        client = Client.create(new ClientOptions().id("itest-" + System.nanoTime()));
        ConnectionOptions options = new ConnectionOptions().user(user).password(password);
        options.reconnectEnabled(false);
        options.saslOptions().addAllowedMechanism("PLAIN");
        options.disconnectedHandler((ended, event) -> end.complete(
                event.failureCause() instanceof ClientConnectionRemotelyClosedException closed
                                && closed.getErrorCondition() != null
                        ? closed.getErrorCondition().condition()
                        : String.valueOf(event.failureCause())));
        connection = client.connect("127.0.0.1", port, options);
        try {
            await(connection.openFuture());
        } catch (ClientException refused) {
            client.close();
            throw new IOException(refused);
        }
    }

    /** Whether the server lets a receiver begin. */
    boolean receives(String address) throws Exception {
        return refused(() -> {
            receiver(address);
            return true;
        });
    }

    private Receiver receiver(String address) throws Exception {
        return await(connection
                .openReceiver(address, new ReceiverOptions().creditWindow(0))
                .openFuture());
    }

    /** Whether the server takes a message. */
    boolean sends(String address, String subject, String json) throws Exception {
        return refused(() -> {
            Sender sender = await(connection.openSender(address).openFuture());
            Message<byte[]> message = Message.create(json.getBytes(StandardCharsets.UTF_8));
            message.contentType("application/json");
            if (!subject.isEmpty()) {
                message.subject(subject);
            }
            DeliveryState state = sender.send(message)
                    .awaitSettlement(PATIENCE, TimeUnit.SECONDS)
                    .remoteState();
            sender.close();
            return state != null && state.getType() == DeliveryState.Type.ACCEPTED;
        });
    }

    /**
     * The answer to a request for rows; empty when it is refused.
     *
     * @param query empty for the row itself
     */
    String asks(String address, String query) throws Exception {
        try {
            return answer(address, query);
        } catch (ClientLinkRemotelyClosedException refused) {
            return "";
        }
    }

    private String answer(String address, String query) throws Exception {
        Receiver answers = await(connection.openDynamicReceiver().openFuture());
        Sender sender = await(connection.openSender(address).openFuture());
        Message<byte[]> request = Message.create(new byte[0]);
        request.subject("get").replyTo(answers.address());
        if (!query.isEmpty()) {
            request.property("query", query);
        }
        DeliveryState state =
                sender.send(request).awaitSettlement(PATIENCE, TimeUnit.SECONDS).remoteState();
        if (state == null || state.getType() != DeliveryState.Type.ACCEPTED) {
            return "";
        }
        Delivery delivery = answers.receive(PATIENCE, TimeUnit.SECONDS);
        if (delivery == null) {
            throw new AssertionError("no answer");
        }
        Object body = delivery.message().body();
        if (!"200".equals(delivery.message().property("status"))) {
            return "";
        }
        return body instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : String.valueOf(body);
    }

    /** Something that a link may be refused for. */
    private interface Attempt {
        boolean run() throws Exception;
    }

    private static boolean refused(Attempt attempt) throws Exception {
        try {
            return attempt.run();
        } catch (ClientLinkRemotelyClosedException refused) {
            return false;
        }
    }

    /** Waits until the server has closed the connection, and says by which condition. */
    String awaitEnd() throws Exception {
        return end.get(PATIENCE, TimeUnit.SECONDS);
    }

    private static <T> T await(Future<T> future) throws Exception {
        try {
            return future.get(PATIENCE, TimeUnit.SECONDS);
        } catch (ExecutionException failed) {
            throw failed.getCause() instanceof Exception cause ? cause : failed;
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
