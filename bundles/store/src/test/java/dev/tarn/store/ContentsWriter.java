// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Content;
import dev.tarn.api.store.Upload;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Takes contents in for ever, each thread for one topic, and prints what was acknowledged: the thread and the number of the step,
 * ended by a semicolon. Every eleventh step removes the topic's row; now and then an upload is given up.
 */
public final class ContentsWriter {

    static final int THREADS = 3;

    private ContentsWriter() {}

    /** Whether there is no row after this step. */
    static boolean removes(long step) {
        return step % 11 == 0;
    }

    static String topic(int thread) {
        return "c/" + thread;
    }

    static byte[] bytes(int thread, long step) {
        return Contents.bytes(
                thread * 1_000_003L + step, (int) (100_000 + (step * 7_919 + thread * 104_729L) % 700_000));
    }

    /** Given a directory, and for each thread the step to begin with. */
    public static void main(String[] arguments) {
        XodusStore store = Stores.open(Path.of(arguments[0]));
        for (int i = 0; i < THREADS; i++) {
            int number = i;
            long first = Long.parseLong(arguments[1 + i]);
            Thread thread = new Thread(() -> steps(store, number, first));
            thread.start();
        }
    }

    private static void steps(XodusStore store, int thread, long first) {
        for (long step = first; true; step++) {
            if (removes(step)) {
                Stores.commit(store, Stores.delete(Stores.TOPICS, topic(thread)));
            } else {
                if (step % 5 == 0) {
                    try (Upload upload = store.receive(-1)) {
                        Stores.await(upload.add(ByteBuffer.wrap(bytes(thread, step))));
                    }
                }
                try (Upload upload = store.receive(-1)) {
                    Stores.await(upload.add(ByteBuffer.wrap(bytes(thread, step))));
                    Content content = Stores.await(upload.finish("video/" + step));
                    Stores.commit(store, Contents.put(Stores.TOPICS, topic(thread), Contents.whole(content)));
                }
            }
            synchronized (System.out) {
                System.out.println(thread + " " + step + ";");
                System.out.flush();
            }
        }
    }
}
