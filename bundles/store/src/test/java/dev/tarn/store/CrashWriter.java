// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.store.Snapshot;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/** Writes {@link CrashModel}'s writes for ever and prints the number of each one that was acknowledged. */
public final class CrashWriter {

    private static final int IN_FLIGHT = 64;

    private CrashWriter() {}

    /** Given a directory. */
    public static void main(String[] arguments) throws InterruptedException {
        // The clock goes on by a minute when it has been read once, so that a log of this size is trimmed at once.
        AtomicLong passed = new AtomicLong();
        XodusStore store = Stores.open(
                Path.of(arguments[0]),
                Map.of("logSize", "128KB"),
                () -> Instant.now().plusSeconds(passed.getAndSet(60)));
        long n;
        try (Snapshot snapshot = store.snapshot()) {
            n = last(snapshot);
        }
        OutputStream out = new BufferedOutputStream(System.out, 64);
        Semaphore room = new Semaphore(IN_FLIGHT);
        while (true) {
            long number = ++n;
            room.acquire();
            store.commit(CrashModel.write(number)).whenComplete((commit, failure) -> {
                if (failure != null) {
                    throw new IllegalStateException("refused", failure);
                }
                acknowledge(out, number);
                room.release();
            });
        }
    }

    private static void acknowledge(OutputStream out, long number) {
        try {
            out.write((number + "\n").getBytes(StandardCharsets.US_ASCII));
            out.flush();
        } catch (IOException e) {
            // Whoever started this process is gone.
            Runtime.getRuntime().halt(1);
        }
    }

    /** The number of the last write that is in the store. */
    static long last(Snapshot snapshot) {
        return snapshot.get(Stores.SESSIONS, CrashModel.LAST)
                .map(row -> (Long) ((Map<?, ?>) row.body().value()).get("n"))
                .orElse(0L);
    }
}
