// SPDX-License-Identifier: Apache-2.0
package dev.tarn.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.function.BooleanSupplier;

/** One thread, one selector, all connections of a run. */
final class Loop implements AutoCloseable {
    private final Selector selector;

    Loop() throws IOException {
        selector = Selector.open();
    }

    /** Connects a peer; blocks until it is connected. */
    void connect(InetSocketAddress server, Peer peer) throws IOException {
        SocketChannel channel = SocketChannel.open(server);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.configureBlocking(false);
        peer.connected(channel, channel.register(selector, SelectionKey.OP_READ, peer));
    }

    /**
     * Moves bytes until the condition holds.
     *
     * @throws IOException when the time is over or a peer is closed by the server
     */
    void await(BooleanSupplier condition, long seconds) throws IOException {
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new IOException("nothing happened within " + seconds + " seconds");
            }
            turn();
        }
    }

    /** Moves bytes for this long. */
    void run(Scenario scenario, long nanoseconds) throws IOException {
        long now = System.nanoTime();
        long end = now + nanoseconds;
        while (now < end) {
            scenario.turn(now);
            turn();
            now = System.nanoTime();
        }
    }

    private void turn() throws IOException {
        for (SelectionKey key : selector.keys()) {
            ((Peer) key.attachment()).flush();
        }
        selector.select(1);
        for (SelectionKey key : selector.selectedKeys()) {
            Peer peer = (Peer) key.attachment();
            if (key.isReadable()) {
                peer.read();
            }
            peer.flush();
        }
        selector.selectedKeys().clear();
    }

    @Override
    public void close() throws IOException {
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.close();
    }
}
