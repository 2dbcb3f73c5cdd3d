// SPDX-License-Identifier: Apache-2.0
package dev.tarn.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/**
 * A hundred rows by an index over one keep-alive connection, one query at a time, each for another value: an operation is one
 * answer. The rows of a value are spread over the whole table, which has the attributes id, group (indexed) and text; they are
 * written first where the last of them is missing.
 */
final class HttpQueries implements Scenario {

    private static final int EACH = 100;
    private static final int BATCH = 1_000;

    private final Latencies latencies = new Latencies();
    private final Random random = new Random(1);
    private final HttpPeer peer = new HttpPeer((any, status) -> answered(status));
    private String head = "";
    private String path = "";
    private int rows;
    private int status;
    private boolean measuring;
    private long sentAt;

    @Override
    public void prepare(Loop loop, Options options) throws IOException {
        rows = Math.max(EACH, options.rows());
        path = " /" + options.prefix() + "/";
        head = " HTTP/1.1\r\nHost: " + options.server().getHostString() + ":"
                + options.server().getPort() + "\r\n" + options.authorization();
        loop.connect(options.server(), peer);
        if (ask(loop, "GET" + path + (rows - 1) + head + "\r\n") == 200) {
            return;
        }
        for (int from = 0; from < rows; from += BATCH) {
            String batch = batch(from, Math.min(rows, from + BATCH));
            int answer = ask(
                    loop,
                    "PUT" + path + head + "Content-Type: application/json\r\nContent-Length: " + batch.length()
                            + "\r\n\r\n" + batch);
            if (answer != 204) {
                throw new IOException("the server answered " + answer + " to rows from " + from);
            }
        }
    }

    private String batch(int from, int to) {
        StringBuilder json = new StringBuilder("[");
        for (int id = from; id < to; id++) {
            json.append(id == from ? "" : ",")
                    .append("{\"id\":")
                    .append(id)
                    .append(",\"group\":")
                    .append(id % (rows / EACH))
                    .append(",\"text\":\"")
                    .append("x".repeat(60))
                    .append("\"}");
        }
        return json.append(']').toString();
    }

    private int ask(Loop loop, String request) throws IOException {
        status = 0;
        peer.send(request.getBytes(StandardCharsets.ISO_8859_1));
        loop.await(() -> status != 0, 60);
        return status;
    }

    private void answered(int answer) {
        status = answer;
        if (measuring) {
            if (answer != 200) {
                throw new IllegalStateException("the server answered " + answer);
            }
            latencies.record(System.nanoTime() - sentAt);
            query();
        }
    }

    private void query() {
        sentAt = System.nanoTime();
        String request = "GET" + path + "?group==" + random.nextInt(rows / EACH) + head + "\r\n";
        peer.send(request.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Override
    public void start() {
        measuring = true;
        query();
    }

    @Override
    public Latencies latencies() {
        return latencies;
    }
}
