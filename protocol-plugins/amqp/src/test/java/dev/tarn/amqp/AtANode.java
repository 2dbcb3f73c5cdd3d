// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.testkit.Node;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A node of its own for each test, and a client of it. */
abstract class AtANode {

    Node node;
    Peer peer;

    @BeforeEach
    void start(@TempDir Path directory) throws Exception {
        node = Peer.node(directory);
        peer = Peer.of(node);
    }

    @AfterEach
    void stop() {
        peer.close();
        node.close();
    }

    /** Starts the node again, where it was. */
    void restart() throws Exception {
        peer.close();
        node = node.restart();
        peer = Peer.of(node);
    }
}
