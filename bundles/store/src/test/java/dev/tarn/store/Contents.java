// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Content;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Upload;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Random;
import jetbrains.exodus.env.Store;

/** Contents for tests: their bytes are decided by a seed. */
final class Contents {

    static final String TYPE = "video/mp4";

    private Contents() {}

    static byte[] bytes(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** Takes bytes in, in parts of odd sizes. */
    static Content upload(Upload upload, byte[] bytes) {
        int part = 1;
        for (int from = 0; from < bytes.length; from += part) {
            part = Math.min(bytes.length - from, 1 + (int) ((from * 31L + 7_919) % 150_000));
            Stores.await(upload.add(ByteBuffer.wrap(bytes, from, part)));
        }
        return Stores.await(upload.finish(TYPE));
    }

    /** A body that is the reference to a content. */
    static Body whole(Content content) {
        return Stores.BODIES.of(content.reference()).with(Map.of(Content.WHOLE, content));
    }

    static Draft put(Table table, String path, Body body) {
        return Draft.put(table, Path.of(path), body, Attributes.NONE, Expectation.ANYTHING);
    }

    /** Takes bytes in and makes them a topic's row. */
    static void put(XodusStore store, String topic, byte[] bytes) {
        try (Upload upload = store.receive(bytes.length)) {
            Stores.commit(store, put(Stores.TOPICS, topic, whole(upload(upload, bytes))));
        }
    }

    static Row row(XodusStore store, Table table, String path) {
        try (Snapshot snapshot = store.snapshot()) {
            return snapshot.get(table, Path.of(path)).orElseThrow();
        }
    }

    static Content content(XodusStore store, String topic) {
        return content(row(store, Stores.TOPICS, topic), Content.WHOLE);
    }

    static Content content(Row row, String name) {
        Content content = row.body().contents().get(name);
        assertThat(content).as("%s of %s", name, row.path()).isNotNull();
        return content;
    }

    static byte[] read(Content content) {
        try (Content.Reader reader = content.open()) {
            return read(reader, (int) content.length());
        }
    }

    /** Reads in parts of odd sizes. */
    static byte[] read(Content.Reader reader, int length) {
        byte[] all = new byte[length];
        int at = 0;
        while (at < length) {
            byte[] part = reader.read(at, 1 + (int) ((at * 17L + 99_991) % 200_000));
            assertThat(part).isNotEmpty();
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        assertThat(reader.read(length, 10)).isEmpty();
        return all;
    }

    /** How many chunks there are, with the counts of those who refer to them. */
    static long chunks(XodusStore store) {
        return store.read(transaction -> store.core().database().chunks.count(transaction));
    }

    /** Waits until all that no row refers to is removed. */
    static void collected(XodusStore store, long chunks) {
        Eventually.holds(() -> chunks(store) == chunks && leavings(store) == 0);
    }

    static long leavings(XodusStore store) {
        Store leavings = store.core().database().leavings;
        return store.read(leavings::count);
    }
}
