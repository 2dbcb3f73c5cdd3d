// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Write;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A sequence of writes that is decided by their numbers alone, and what is in the store after so many of them. Each write
 * is one transaction over several tables: rows with indexes, some that expire, opaque ones of which some are chunked, messages,
 * and in the state table the packet ids of a session as quality of service 2 keeps them, and the write's own number.
 */
final class CrashModel {

    static final Path LAST = Path.of("sessions/last");

    private static final long FAR_AWAY = 4_000_000_000_000L;
    private static final int PACKETS = 16;

    /** Path to the number of the write that made the row as it is. */
    final Map<String, Long> rows = new TreeMap<>();

    /** The kinds of all changes in the log, in order. */
    final List<Kind> log = new ArrayList<>();

    private CrashModel() {}

    static CrashModel after(long writes) {
        CrashModel model = new CrashModel();
        for (long n = 1; n <= writes; n++) {
            for (Draft draft : write(n).drafts()) {
                model.apply(n, draft);
            }
        }
        return model;
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
        drafts.add(state(Path.of("sessions/packet-" + n % PACKETS), n));
        drafts.add(Stores.delete(Stores.SESSIONS, "sessions/packet-" + (n + PACKETS / 2) % PACKETS));
        drafts.add(state(LAST, n));
        return new Write(drafts, List.of());
    }

    private static Draft state(Path path, long n) {
        return Draft.put(Stores.SESSIONS, path, Stores.json("{'n':" + n + "}"), Attributes.NONE, Expectation.ANYTHING);
    }

    static String sensor(long n) {
        String tags = n % 3 == 0 ? ",'tags':['a" + n % 5 + "','b" + n % 7 + "']" : "";
        return "{'id':'x','location':'l" + n % 11 + "','temp':" + n % 101 + tags + "}";
    }

    static byte[] bytes(long n) {
        byte[] bytes = new byte[n % 97 == 0 ? 200_000 : (int) (n % 150)];
        Arrays.fill(bytes, (byte) n);
        return bytes;
    }
}
