// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
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

/**
 * A sequence of writes that is decided by their numbers alone, and what is in the store after so many of them. Each write
 * is one transaction over several tables: rows with indexes, some that expire, opaque ones of which some are chunked, messages,
 * a table with a history, and in the state table the packet ids of a session as quality of service 2 keeps them, where the
 * session is in the log, and the write's own number.
 */
final class CrashModel {

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

    static final List<Table> TABLES = List.of(Stores.SENSORS, Stores.TOPICS, Stores.SESSIONS, READINGS);

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
            for (Draft draft : write(writes).drafts()) {
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

    static Write write(long n) {
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
        drafts.add(state(Path.of("sessions/packet-" + n % PACKETS), n));
        drafts.add(Stores.delete(Stores.SESSIONS, "sessions/packet-" + (n + PACKETS / 2) % PACKETS));
        drafts.add(state(LAST, n));
        drafts.add(state(CURSOR, n));
        return new Write(drafts, List.of());
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
