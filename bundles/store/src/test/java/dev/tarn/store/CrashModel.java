// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Content;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Write;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.LongFunction;

/**
 * A sequence of writes that is decided by their numbers alone, and what is in the store after so many of them. Each write
 * is one transaction over several tables: rows with indexes, some that expire, opaque ones of which some are chunked, messages,
 * a table with a history, topics that are contents which were streamed in before, rows with Blobs that were streamed or come
 * along, and in the state table the packet ids of a session as quality of service 2 keeps them, where the session is in the log,
 * and the write's own number.
 */
final class CrashModel {

    static final String PHOTO = "photo";

    static final Path LAST = Path.of("sessions/last");

    /** The session has everything up to this write, and holds the log after it. */
    static final Path CURSOR = Path.of("sessions/cursor");

    /** So many writes a session is behind. */
    static final int BEHIND = 100;

    /** With a history so short that the log is trimmed by its size. */
    static final Table READINGS = new Table(
            "data",
            "Readings",
            "Readings",
            List.of(
                    Attribute.primaryKey("id", Attribute.Type.ID),
                    Attribute.of("at", Attribute.Type.LONG).withIndex()),
            new Table.Rules(false, false, true, Table.Keeping.LOGGED, Duration.ofMillis(50), Duration.ZERO, null));

    static final Table PHOTOS = new Table(
            "data",
            "Photos",
            "Photos",
            List.of(Attribute.primaryKey("id", Attribute.Type.ID), Attribute.of(PHOTO, Attribute.Type.BLOB)),
            Table.Rules.DECLARED);

    static final List<Table> TABLES = List.of(Stores.SENSORS, Stores.TOPICS, Stores.SESSIONS, READINGS, PHOTOS);

    /** Every so many writes there is one with a content that is streamed before. */
    private static final int STREAMED = 53;

    /** Every so many writes there is one with a Blob that comes along, or goes. */
    private static final int BLOBS = 31;

    private static final Content NOTHING = Content.of("", new byte[0]);

    private static final long FAR_AWAY = 4_000_000_000_000L;
    private static final int PACKETS = 16;

    /** Path to the number of the write that made the row as it is. */
    final Map<String, Long> rows = new TreeMap<>();

    /** The kinds of all changes in the log, in order. */
    final List<Kind> log = new ArrayList<>();

    /** The sequence of the last change of each write. */
    private final Map<Long, Long> sequences = new HashMap<>();

    private long writes;

    static XodusStore open(java.nio.file.Path directory) {
        return open(directory, Map.of(), InstantSource.system());
    }

    /** A store with these tables. */
    static XodusStore open(java.nio.file.Path directory, Map<String, ?> overrides, InstantSource time) {
        XodusStore store = Stores.open(directory, overrides, time);
        store.define(READINGS);
        store.define(PHOTOS);
        return store;
    }

    /** What is there after so many writes; going on from the last time is quicker than going back. */
    void advance(long to) {
        if (to < writes) {
            rows.clear();
            log.clear();
            sequences.clear();
            writes = 0;
        }
        while (writes < to) {
            writes++;
            for (Draft draft : write(writes, n -> NOTHING).drafts()) {
                apply(writes, draft);
            }
            sequences.put(writes, (long) log.size());
        }
    }

    /** The sequence of the last change of a write; 0 before the first one. */
    long sequence(long write) {
        return write <= 0 ? 0 : sequences.get(write);
    }

    private void apply(long n, Draft draft) {
        String path = draft.path().text();
        if (draft.kind() == Kind.DELETE) {
            if (rows.remove(path) != null && !draft.table().equals(Stores.SESSIONS)) {
                log.add(Kind.DELETE);
            }
            return;
        }
        if (draft.kind() != Kind.MESSAGE) {
            rows.put(path, n);
        }
        if (!draft.table().equals(Stores.SESSIONS)) {
            log.add(draft.kind());
        }
    }

    /** The first write from this one on whose content is streamed before. */
    static long streamed(long from) {
        long next = (from + STREAMED - 1) / STREAMED * STREAMED;
        return streams(next) ? next : streamed(next + 1);
    }

    /** Whether the write has a content that is streamed before. */
    static boolean streams(long n) {
        return n % STREAMED == 0 && !removes(n / STREAMED);
    }

    private static boolean removes(long turn) {
        return turn % 6 == 5;
    }

    /** The bytes of the content of a write. */
    static byte[] contentOf(long n) {
        return Contents.bytes(n, (int) (1 + n * 7_919 % (n % STREAMED == 0 ? 200_000 : 20_000)));
    }

    /** A write whose contents all come along. */
    static Write write(long n) {
        return write(n, number -> Content.of(Contents.TYPE, contentOf(number)));
    }

    /** A write whose content was streamed before. */
    static Write write(long n, Content streamed) {
        return write(n, number -> number % STREAMED == 0 ? streamed : Content.of(Contents.TYPE, contentOf(number)));
    }

    private static Write write(long n, LongFunction<Content> contents) {
        Random random = new Random(n);
        List<Draft> drafts = new ArrayList<>();
        String id = "Sensors/" + random.nextInt(300);
        drafts.add(
                random.nextInt(5) == 0 ? Stores.delete(Stores.SENSORS, id) : Stores.put(Stores.SENSORS, id, sensor(n)));
        drafts.add(Draft.put(
                Stores.TOPICS,
                Path.of("t/" + random.nextInt(100)),
                Stores.bytes(bytes(n)),
                n % 5 == 0 ? Attributes.builder().expiresAt(FAR_AWAY + n).build() : Attributes.NONE,
                Expectation.ANYTHING));
        if (random.nextInt(3) == 0) {
            drafts.add(Draft.message(Stores.TOPICS, Path.of("m"), Stores.bytes(bytes(n)), Attributes.NONE));
        }
        if (n % 2 == 0) {
            drafts.add(Stores.put(READINGS, "Readings/" + random.nextInt(50), reading(n)));
        }
        if (n % STREAMED == 0) {
            drafts.add(streamed(n / STREAMED, contents, n));
        }
        if (n % BLOBS == 0) {
            String photo = "Photos/" + n / BLOBS % 6;
            drafts.add(removes(n / BLOBS) ? Stores.delete(PHOTOS, photo) : photo(photo, contents.apply(n)));
        }
        drafts.add(state(Path.of("sessions/packet-" + n % PACKETS), n));
        drafts.add(Stores.delete(Stores.SESSIONS, "sessions/packet-" + (n + PACKETS / 2) % PACKETS));
        drafts.add(state(LAST, n));
        drafts.add(state(CURSOR, n));
        return new Write(drafts, List.of());
    }

    /** A topic, or the Blob of a row, that is put or goes. */
    private static Draft streamed(long turn, LongFunction<Content> contents, long n) {
        String topic = "c/" + turn % 5;
        String photo = "Photos/s" + turn % 3;
        boolean blob = turn % 4 == 3;
        if (removes(turn)) {
            return blob ? Stores.delete(PHOTOS, photo) : Stores.delete(Stores.TOPICS, topic);
        }
        Content content = contents.apply(n);
        return blob ? photo(photo, content) : Contents.put(Stores.TOPICS, topic, Contents.whole(content));
    }

    private static Draft photo(String path, Content content) {
        Body body =
                Stores.BODIES.of(Map.of("id", "x", PHOTO, content.reference())).with(Map.of(PHOTO, content));
        return Contents.put(PHOTOS, path, body);
    }

    private static Draft state(Path path, long n) {
        return Draft.put(
                Stores.SESSIONS,
                path,
                Stores.json("{'n':" + (path.equals(CURSOR) ? n - BEHIND : n) + "}"),
                Attributes.NONE,
                Expectation.ANYTHING);
    }

    static String sensor(long n) {
        String tags = n % 3 == 0 ? ",'tags':['a" + n % 5 + "','b" + n % 7 + "']" : "";
        return "{'id':'x','location':'l" + n % 11 + "','temp':" + n % 101 + tags + "}";
    }

    static String reading(long n) {
        return "{'id':'x','at':" + n + "}";
    }

    static byte[] bytes(long n) {
        byte[] bytes = new byte[n % 97 == 0 ? 150_000 : (int) (n % 150)];
        Arrays.fill(bytes, (byte) n);
        return bytes;
    }
}
