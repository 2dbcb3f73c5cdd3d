// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.tarn.testkit.MqttClient;
import dev.tarn.testkit.Node;
import dev.tarn.testkit.PacketCorpus;
import dev.tarn.testkit.RawClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Any bytes to a whole server, as they are or after a CONNECT: the connection ends, nothing is logged as a bug, and
 * somebody else is served as before. The first byte says after which CONNECT.
 */
public final class ConnectionFuzz {

    private static final String[] CONNECTS = {
        "",
        "10 [ s\"MQTT\" 05 02 00 3C [ ] s\"fuzz\" ]",
        "10 [ s\"MQTT\" 04 02 00 3C s\"fuzz\" ]",
        "10 [ s\"MQTT\" 05 00 00 3C [ 11 00 00 00 3C 21 00 02 22 00 04 27 00 00 01 00 ] s\"lasting\" ]"
    };

    private static final Queue<String> BUGS = new ConcurrentLinkedQueue<>();
    private static final Server SERVER = new Server();

    private ConnectionFuzz() {}

    /** Starts with the first input and runs as long as the process. */
    private static final class Server {
        private final Node node;
        private final MqttClient other;

        Server() {
            try {
                node = Nodes.in(Files.createTempDirectory("tarn-fuzz"), Map.of("systemReaders", "everyone"))
                        .start();
                other = MqttClient.three(node.port("mqtt"), "other");
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
        try (RawClient client = new RawClient(SERVER.node.port("mqtt"))) {
            String connect = CONNECTS[input[0] & 3];
            if (!connect.isEmpty()) {
                client.send(PacketCorpus.bytes(connect));
            }
            send(client, Arrays.copyOfRange(input, 1, input.length));
            client.readToEnd();
        }
        SERVER.other.expectNothing();
        if (!BUGS.isEmpty()) {
            throw new AssertionError(BUGS.poll());
        }
    }

    /** The server may close before it has read everything. */
    private static void send(RawClient client, byte[] bytes) {
        try {
            client.send(bytes).finish();
        } catch (IOException closed) {
            // What it says before it closes is read all the same.
            return;
        }
    }
}
