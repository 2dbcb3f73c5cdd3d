// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Origin;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Table;
import dev.tarn.api.data.Traits;
import dev.tarn.api.resource.Search;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Write;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Queries against a large table through the door: {@code QueryBench <directory> <rows> <times>}. Prints how long each takes and
 * how much processor time of all threads that is.
 */
public final class QueryBench {
    private static final com.sun.management.OperatingSystemMXBean MACHINE =
            (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private static final Table BREED = new Table(
            Table.DATA,
            "Breed",
            "Breed",
            List.of(
                    Attribute.primaryKey("id", Attribute.Type.LONG),
                    Attribute.of("name", Attribute.Type.STRING).withIndex()),
            Table.Rules.DECLARED);

    private static final Table TABLE = new Table(
            Table.DATA,
            "T",
            "T",
            List.of(
                    Attribute.primaryKey("id", Attribute.Type.LONG),
                    Attribute.of("group", Attribute.Type.LONG).withIndex(),
                    Attribute.of("text", Attribute.Type.STRING),
                    Attribute.of("breed", Attribute.Type.OBJECT)
                            .with(Traits.NONE.from(new Origin.Related("data.Breed", "group", null)))),
            Table.Rules.DECLARED);

    private QueryBench() {}

    /** Given a directory, how many rows, and how often. */
    public static void main(String[] arguments) throws Exception {
        java.nio.file.Path directory =
                Files.createTempDirectory(Files.createDirectories(java.nio.file.Path.of(arguments[0])), "bench");
        long rows = Long.parseLong(arguments[1]);
        int times = Integer.parseInt(arguments[2]);
        try (TestDoor door = new TestDoor(directory)) {
            door.deploy(TABLE, BREED);
            fill(door, rows);
            long groups = rows / 100;
            Random random = new Random(1);
            for (int round = 0; round < 2; round++) {
                run(door, times, "100 rows by index", () -> "group==" + random.nextLong(groups), 100);
                run(
                        door,
                        times,
                        "100 rows by range, sorted, limit",
                        () -> "group=ge=" + random.nextLong(groups - 2) + "&sort(group)&limit(100)",
                        100);
                run(door, times, "100 rows by a joined index", () -> "breed.name=b" + random.nextLong(groups), 100);
                run(door, 5, "count of all", () -> "aggregate(count())", 1);
                run(door, 2, "sum over all", () -> "aggregate(sum(group))", 1);
            }
        }
    }

    private static void fill(TestDoor door, long rows) {
        String text = "x".repeat(60);
        long began = System.nanoTime();
        for (long from = 0; from < rows; from += 1_000) {
            List<Draft> drafts = new ArrayList<>();
            for (long id = from; id < from + 1_000; id++) {
                drafts.add(draft(door, TABLE, id, Map.of("id", id, "group", id % (rows / 100), "text", text)));
            }
            TestDoor.done(door.store.commit(new Write(drafts, List.of())));
        }
        for (long from = 0; from < rows / 100; from += 1_000) {
            List<Draft> drafts = new ArrayList<>();
            for (long id = from; id < Math.min(rows / 100, from + 1_000); id++) {
                drafts.add(draft(door, BREED, id, Map.of("id", id, "name", "b" + id)));
            }
            TestDoor.done(door.store.commit(new Write(drafts, List.of())));
        }
        System.out.printf("%,d rows written in %,d ms%n", rows, (System.nanoTime() - began) / 1_000_000);
    }

    private static Draft draft(TestDoor door, Table table, long id, Map<String, Object> row) {
        return Draft.put(
                table, Path.of(table.name() + "/" + id), door.bodies.of(row), Attributes.NONE, Expectation.ANYTHING);
    }

    private static void run(
            TestDoor door, int times, String what, java.util.function.Supplier<String> query, int expected) {
        long[] took = new long[times];
        long processor = MACHINE.getProcessCpuTime();
        for (int i = 0; i < times; i++) {
            long began = System.nanoTime();
            int found = Rows.of(
                            TestDoor.done(door.engine.search(door.context, new Search("T", "", query.get(), false))))
                    .size();
            took[i] = System.nanoTime() - began;
            if (found != expected) {
                throw new IllegalStateException(what + " found " + found);
            }
        }
        processor = MACHINE.getProcessCpuTime() - processor;
        Arrays.sort(took);
        System.out.printf(
                "%-34s median %,9d us  p90 %,9d us  least %,9d us  processor %,9d us%n",
                what,
                took[times / 2] / 1_000,
                took[times * 9 / 10] / 1_000,
                took[0] / 1_000,
                processor / times / 1_000);
    }
}
