// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.store.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import jetbrains.exodus.log.LogUtil;

/**
 * Rows in files of which one can be lost for a while, and a process that reads them for ever: a row that is in memory and one that
 * is not, and prints what became of both.
 */
public final class FaultyReads {

    /** Memory for a few pages only. */
    static final Map<String, String> SMALL = Map.of("cache", "1MB", "scrubEvery", "off");

    static final List<String> FIRST = topics("a");
    static final List<String> MIDDLE = topics("m");
    static final List<String> LAST = topics("z");

    private static final int LENGTH = 100_000;

    private FaultyReads() {}

    private static List<String> topics(String name) {
        return IntStream.range(0, 30).mapToObj(i -> name + "/" + i).toList();
    }

    static byte[] bytes(String topic) {
        byte[] bytes = new byte[LENGTH];
        Arrays.fill(bytes, (byte) topic.hashCode());
        return bytes;
    }

    /** Writes all rows, and returns a file in which there is nothing but rows of the middle and what the log says of them. */
    static java.nio.file.Path fill(java.nio.file.Path directory) {
        try (XodusStore store = Stores.open(directory, SMALL, InstantSource.system())) {
            FIRST.forEach(topic -> Stores.commit(store, Stores.put(topic, bytes(topic))));
            long begin = store.end();
            MIDDLE.forEach(topic -> Stores.commit(store, Stores.put(topic, bytes(topic))));
            LAST.forEach(topic -> Stores.commit(store, Stores.put(topic, bytes(topic))));
            long size = store.core().database().files().fileBytes();
            long address = (begin + size - 1) / size * size;
            return directory.resolve(DirectoryFormat.FILES).resolve(LogUtil.getLogFilename(address));
        }
    }

    /** Makes a file unreadable; returns where it is meanwhile. */
    static java.nio.file.Path lose(java.nio.file.Path file) throws IOException {
        java.nio.file.Path aside = file.resolveSibling("aside");
        Files.move(file, aside);
        Files.createDirectory(file);
        return aside;
    }

    /** Brings it back. */
    static void find(java.nio.file.Path file, java.nio.file.Path aside) throws IOException {
        Files.delete(file);
        Files.move(aside, file);
    }

    /** Given a directory that has been filled. */
    public static void main(String[] arguments) throws Exception {
        java.nio.file.Path directory = java.nio.file.Path.of(arguments[0]);
        try (XodusStore store = Stores.open(directory, SMALL, InstantSource.system())) {
            String hot = Stores.await(store.get(Stores.TOPICS, Path.of("a/0"), Runnable::run))
                    .orElseThrow()
                    .path()
                    .text();
            warm(store, directory);
            for (int i = 0; true; i++) {
                String said = "hot=" + hot(store, hot) + " cold=" + cold(store, i);
                System.out.println(said);
                System.out.flush();
                LockSupport.parkNanos(5_000_000);
            }
        }
    }

    /** So that every class that a failure needs is there: classes are read from the disk as well. */
    private static void warm(XodusStore store, java.nio.file.Path directory) throws IOException {
        List<java.nio.file.Path> files;
        try (Stream<java.nio.file.Path> all = Files.list(directory.resolve(DirectoryFormat.FILES))) {
            files = all.sorted().toList();
        }
        java.nio.file.Path middle = files.get(files.size() / 2);
        java.nio.file.Path aside = lose(middle);
        for (int i = 0; i < MIDDLE.size(); i++) {
            System.out.println("warm " + cold(store, i));
        }
        find(middle, aside);
    }

    private static String hot(XodusStore store, String topic) {
        try {
            return Stores.await(store.get(Stores.TOPICS, Path.of(topic), Runnable::run))
                            .isPresent()
                    ? "ok"
                    : "missing";
        } catch (Failure e) {
            return e.code() + " " + e.reason();
        }
    }

    private static String cold(XodusStore store, int i) {
        String topic = MIDDLE.get(i % MIDDLE.size());
        try (Snapshot snapshot = store.snapshot()) {
            return Arrays.equals(
                            snapshot.get(Stores.TOPICS, Path.of(topic))
                                    .orElseThrow()
                                    .body()
                                    .bytes(),
                            bytes(topic))
                    ? "ok"
                    : "wrong";
        } catch (Failure e) {
            return e.code() + " " + e.reason();
        }
    }
}
