// SPDX-License-Identifier: Apache-2.0
package dev.tarn.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** GET or PUT by id over keep-alive connections: an operation is one answer. */
final class HttpRows implements Scenario {

    private static final int KEYS = 1_000;

    private final class Caller implements HttpPeer.Events {
        final HttpPeer peer = new HttpPeer(this);
        int key;
        long sentAt;
        int left;

        Caller(int first) {
            key = first;
        }

        @Override
        public void answered(HttpPeer answering, int status) {
            if (status < 200 || status > 299) {
                throw new IllegalStateException("the server answered " + status);
            }
            latencies.record(System.nanoTime() - sentAt);
            left--;
            if (left > 0) {
                send();
            }
        }

        void send() {
            sentAt = System.nanoTime();
            peer.send(requests[key]);
            key = (key + 1) % KEYS;
        }
    }

    private final boolean writing;
    private final int connections;
    private final Latencies latencies = new Latencies();
    private final List<Caller> callers = new ArrayList<>();
    private byte[][] requests = {};

    HttpRows(boolean writing, int connections) {
        this.writing = writing;
        this.connections = connections;
    }

    @Override
    public void prepare(Loop loop, Options options) throws IOException {
        requests = requests(options, true);
        Caller first = new Caller(0);
        callers.add(first);
        loop.connect(options.server(), first.peer);
        first.left = KEYS;
        first.send();
        loop.await(() -> first.left == 0, 60);
        requests = requests(options, writing);
        // Only now, since a server does not wait long for the first request of a connection.
        for (int i = 1; i < connections; i++) {
            Caller caller = new Caller(i * KEYS / connections);
            callers.add(caller);
            loop.connect(options.server(), caller.peer);
        }
    }

    private static byte[][] requests(Options options, boolean put) {
        String body = put ? new String(options.payload(), StandardCharsets.US_ASCII) : "";
        byte[][] requests = new byte[KEYS][];
        for (int i = 0; i < KEYS; i++) {
            String head = (put ? "PUT /" : "GET /") + options.prefix() + "/key" + i + " HTTP/1.1\r\nHost: "
                    + options.server().getHostString() + ":" + options.server().getPort() + "\r\n"
                    + options.authorization()
                    + (put ? "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n" : "")
                    + "\r\n";
            requests[i] = (head + body).getBytes(StandardCharsets.US_ASCII);
        }
        return requests;
    }

    @Override
    public void start() {
        for (Caller caller : callers) {
            caller.left = Integer.MAX_VALUE;
            caller.send();
        }
    }

    @Override
    public Latencies latencies() {
        return latencies;
    }
}
