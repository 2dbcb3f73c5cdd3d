// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import dev.tarn.api.data.Path;
import dev.tarn.api.resource.Terms;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Readers that lose their connection at random, again and again, and go on after the last change that they had, while rows
 * are written all the time: in the end each must have had every change once, in order.
 */
public final class Disconnects {

    private static final int ROWS = 200;
    private static final int IN_FLIGHT = 64;

    /** Changes that the writer is ahead of the slowest reader at most, so that readers are live as well as behind. */
    private static final int AHEAD = 400;

    private static final int PATIENCE_MILLIS = 60_000;

    /** How a reader asks, and how it reads: what differs between protocols. */
    public interface Stream {
        /** The bytes that ask for the changes after a sequence. */
        String request(int port, long after);

        /**
         * The sequence of the next change that came whole.
         *
         * @throws EOFException when the server ended the stream
         */
        long next(InputStream in) throws IOException;
    }

    private final Node node;
    private final String table;
    private final Stream stream;
    private final ConcurrentSkipListSet<Long> written = new ConcurrentSkipListSet<>();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicBoolean stopped = new AtomicBoolean();

    /** @param table the name of an exported table with an attribute {@code temp} */
    public Disconnects(Node node, String table, Stream stream) {
        this.node = node;
        this.table = table;
        this.stream = stream;
    }

    /**
     * Runs until every reader has lost so many connections and then read everything.
     *
     * @throws AssertionError when one has missed a change, or had one twice or out of order
     */
    public void run(int readers, int disconnects, long seed) throws Exception {
        long start = node.put(table + "/0", "{\"temp\":0}").sequence();
        AtomicLongArray had = new AtomicLongArray(readers);
        CompletableFuture<Integer> writing = inThread("writer", () -> {
            write(had, seed);
            return count.get();
        });
        List<CompletableFuture<Reader>> reading = new ArrayList<>();
        for (int i = 0; i < readers; i++) {
            int number = i;
            Random random = new Random(seed + 1 + i);
            reading.add(inThread("reader" + i, () -> {
                Reader reader = new Reader(start, had, number, random);
                reader.lose(disconnects / readers);
                // The writer need not wait for this one any more.
                had.set(number, Long.MAX_VALUE / 2);
                return reader;
            }));
        }
        try {
            CompletableFuture.allOf(reading.toArray(new CompletableFuture<?>[0]))
                    .join();
        } finally {
            stopped.set(true);
        }
        writing.join();
        List<Long> all = List.copyOf(written);
        for (CompletableFuture<Reader> each : reading) {
            Reader reader = each.join();
            reader.rest(all.isEmpty() ? start : all.get(all.size() - 1));
            compare(all, reader.came);
        }
    }

    private static void compare(List<Long> all, List<Long> came) {
        for (int i = 0; i < Math.min(all.size(), came.size()); i++) {
            if (!all.get(i).equals(came.get(i))) {
                throw new AssertionError("change " + i + " should be " + all.get(i) + " and is " + came.get(i)
                        + "; around it came " + came.subList(Math.max(0, i - 3), Math.min(came.size(), i + 4)));
            }
        }
        if (all.size() != came.size()) {
            throw new AssertionError(all.size() + " changes were written and " + came.size() + " came");
        }
    }

    private interface Work<T> {
        T run() throws Exception;
    }

    private static <T> CompletableFuture<T> inThread(String name, Work<T> work) {
        CompletableFuture<T> done = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        done.complete(work.run());
                    } catch (Throwable failure) {
                        done.completeExceptionally(failure);
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
        return done;
    }

    private void write(AtomicLongArray had, long seed) throws InterruptedException {
        Semaphore window = new Semaphore(IN_FLIGHT);
        Random random = new Random(seed);
        CompletableFuture<Void> failed = new CompletableFuture<>();
        for (int i = 1; !stopped.get() && !failed.isDone(); i++) {
            while (count.get() > slowest(had) + AHEAD && !stopped.get()) {
                LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(200));
            }
            if (!window.tryAcquire(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) {
                throw new AssertionError("no write was acknowledged for " + PATIENCE_MILLIS + " ms");
            }
            node.services()
                    .resources()
                    .put(
                            node.context(),
                            Path.of(table + "/" + random.nextInt(ROWS)),
                            node.json("{\"temp\":" + i + "}"),
                            Terms.NONE)
                    .whenComplete((commit, failure) -> {
                        if (commit == null) {
                            failed.completeExceptionally(failure);
                        } else {
                            written.add(commit.sequence());
                            count.incrementAndGet();
                        }
                        window.release();
                    });
        }
        window.acquireUninterruptibly(IN_FLIGHT);
        if (failed.isDone()) {
            failed.join();
        }
    }

    private static long slowest(AtomicLongArray had) {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < had.length(); i++) {
            least = Math.min(least, had.get(i));
        }
        return least;
    }

    /** One of them; for one thread at a time. */
    private final class Reader {
        private final List<Long> came = Collections.synchronizedList(new ArrayList<>());
        private final AtomicLongArray had;
        private final int number;
        private final Random random;
        private long last;

        Reader(long start, AtomicLongArray had, int number, Random random) {
            this.last = start;
            this.had = had;
            this.number = number;
            this.random = random;
        }

        void lose(int times) throws IOException {
            for (int i = 0; i < times; i++) {
                try (Socket socket = open()) {
                    InputStream in = new BufferedInputStream(socket.getInputStream(), 1 + random.nextInt(8_192));
                    for (int left = random.nextInt(25); left > 0; left--) {
                        take(stream.next(in));
                    }
                    if (random.nextBoolean()) {
                        socket.setSoLinger(true, 0);
                    }
                }
            }
        }

        void rest(long until) throws IOException {
            try (Socket socket = open()) {
                InputStream in = new BufferedInputStream(socket.getInputStream());
                while (last < until) {
                    take(stream.next(in));
                }
            }
        }

        private void take(long sequence) {
            came.add(sequence);
            last = sequence;
            had.incrementAndGet(number);
        }

        private Socket open() throws IOException {
            Socket socket = new Socket();
            try {
                socket.setSoTimeout(PATIENCE_MILLIS);
                int port = node.port("http");
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MILLIS);
                socket.getOutputStream().write(stream.request(port, last).getBytes(StandardCharsets.US_ASCII));
                return socket;
            } catch (IOException refused) {
                socket.close();
                throw refused;
            }
        }
    }
}
