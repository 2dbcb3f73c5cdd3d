// SPDX-License-Identifier: Apache-2.0
package dev.tarn.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** All rows as lines of JSON over one keep-alive connection, again and again: an operation is one row. */
final class HttpScan implements Scenario {

    private static final int WRITERS = 16;

    private final int rows;
    private final Latencies latencies = new Latencies();

    /** Counts lines that end objects; between them may be those of chunks. */
    private final class Reader extends Peer {
        private final byte[] request;
        private final int[] last = new int[5];
        private int left;
        private long rowAt;

        Reader(byte[] request) {
            this.request = request;
        }

        void ask() {
            left = rows;
            rowAt = System.nanoTime();
            out.put(request);
        }

        @Override
        boolean take(ByteBuffer bytes) {
            while (bytes.hasRemaining()) {
                int next = bytes.get();
                if (next == '\n' && last[4] == '}') {
                    left--;
                    long now = System.nanoTime();
                    latencies.record(now - rowAt);
                    rowAt = now;
                }
                System.arraycopy(last, 1, last, 0, 4);
                last[4] = next;
                boolean end = last[0] == '0' && last[1] == '\r' && last[2] == '\n' && last[3] == '\r' && next == '\n';
                if (end && left <= 0) {
                    ask();
                }
            }
            return true;
        }
    }

    /** Puts its part of the rows, one after the other. */
    private static final class Writer implements HttpPeer.Events {
        private final HttpPeer peer = new HttpPeer(this);
        private final List<byte[]> requests = new ArrayList<>();
        private int next;

        void send() {
            if (next < requests.size()) {
                peer.send(requests.get(next));
            }
            next++;
        }

        @Override
        public void answered(HttpPeer answering, int status) {
            if (status < 200 || status > 299) {
                throw new IllegalStateException("the server answered " + status);
            }
            send();
        }

        boolean done() {
            return next > requests.size();
        }
    }

    private final List<Reader> readers = new ArrayList<>();

    HttpScan(int rows) {
        this.rows = rows;
    }

    @Override
    public void prepare(Loop loop, Options options) throws IOException {
        String host = " HTTP/1.1\r\nHost: " + options.server().getHostString() + ":"
                + options.server().getPort() + "\r\n" + options.authorization();
        String body = new String(options.payload(), StandardCharsets.ISO_8859_1);
        String type = "Content-Type: " + (options.json() ? "application/json" : "application/octet-stream")
                + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
        List<Writer> writers = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
            Writer writer = new Writer();
            writers.add(writer);
            for (int row = i; row < rows; row += WRITERS) {
                writer.requests.add(("PUT /" + options.prefix() + "/scan" + row + host + type)
                        .getBytes(StandardCharsets.ISO_8859_1));
            }
            loop.connect(options.server(), writer.peer);
            writer.send();
        }
        loop.await(() -> writers.stream().allMatch(Writer::done), 120);
        Reader reader = new Reader(("GET /" + options.prefix() + "/" + host + "Accept: application/x-ndjson\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        readers.add(reader);
        loop.connect(options.server(), reader);
    }

    @Override
    public void start() {
        readers.forEach(Reader::ask);
    }

    @Override
    public Latencies latencies() {
        return latencies;
    }
}
