// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.tarn.testkit.Node;
import dev.tarn.testkit.RawClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Any bytes to a whole server, as they are or within a conversation: the connection ends, nothing is logged as a bug, and
 * somebody else is served as before. The first byte says how far the conversation has come.
 */
public final class ConnectionFuzz {

    private static final Queue<String> BUGS = new ConcurrentLinkedQueue<>();
    private static final Server SERVER = new Server();

    private ConnectionFuzz() {}

    /** Starts with the first input and runs as long as the process. */
    private static final class Server {
        private final Node node;
        private final byte[][] beginnings;

        Server() {
            try {
                node = Peer.node(Files.createTempDirectory("tarn-fuzz"));
                try (RawPeer peer = new RawPeer(node.port("amqp"))) {
                    byte[] none = new byte[0];
                    byte[] open = peer.open().bytes();
                    byte[] begun = peer.begin().bytes();
                    byte[] sender = peer.sender("Sensors/1").bytes();
                    beginnings = new byte[][] {none, open, begun, sender};
                }
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
            AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
                @Override
                protected void append(ILoggingEvent event) {
                    if (event.getLevel().isGreaterOrEqual(Level.ERROR)) {
                        BUGS.add(event.getFormattedMessage() + " " + event.getThrowableProxy());
                    }
                }
            };
            appender.start();
            ((Logger) org.slf4j.LoggerFactory.getLogger("dev.tarn")).addAppender(appender);
        }
    }

    /** What a fuzzer calls, and {@link FuzzTest} with what fuzzers found. */
    public static void fuzzerTestOneInput(byte[] input) throws IOException {
        if (input.length < 1) {
            return;
        }
        try (RawClient client = new RawClient(SERVER.node.port("amqp"))) {
            send(client, SERVER.beginnings[input[0] & 3], Arrays.copyOfRange(input, 1, input.length));
            client.readToEnd();
        }
        try (RawPeer other = new RawPeer(SERVER.node.port("amqp"))) {
            other.open().until("tarn");
        }
        if (!BUGS.isEmpty()) {
            throw new AssertionError(BUGS.poll());
        }
    }

    /** The server may close before it has read everything. */
    private static void send(RawClient client, byte[] beginning, byte[] bytes) {
        try {
            client.send(beginning).send(bytes).finish();
        } catch (IOException closed) {
            // What it says before it closes is read all the same.
            return;
        }
    }
}
