// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.applications.Applications;
import dev.tarn.applications.DataLoader;
import dev.tarn.testkit.Configs;
import dev.tarn.testkit.Node;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Folders with scripts that are replaced again and again while requests come. */
class SwapsTest {

    private static final int SWAPS = Integer.getInteger("tarn.swaps", 20);

    @TempDir
    Path directory;

    private static final String SCRIPT = """
            export class Sensors extends tables.Sensors {
              static loadAsInstance = false;
              async put(target, data) {
                await Promise.resolve();
                return super.put(target, { ...data, by: %d });
              }
            }
            """;

    /** Puts a version into the folder at once. */
    private void drop(int number) throws IOException {
        Path partial = directory.resolve("partial.js");
        Files.writeString(partial, SCRIPT.formatted(number));
        Files.move(
                partial,
                directory.resolve("deploy/app/resources.js"),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    /** Waits until rows go through a version. */
    private static void serves(Node node, int number) {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        do {
            assertThat(System.nanoTime()).as("two minutes have passed").isLessThan(end);
            LockSupport.parkNanos(5_000_000);
            node.put("Sensors/probe", "{\"temp\":1}");
        } while (!node.text("Sensors/probe").contains("\"by\":" + number + "}"));
    }

    /** Every answer is awaited before the next request, and every row has gone through one of the versions. */
    @Test
    @Timeout(value = 1, unit = TimeUnit.HOURS)
    void no_request_is_lost_or_refused_while_scripts_are_replaced() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(2);
        Path folder = Files.createDirectories(directory.resolve("deploy/app"));
        Files.writeString(
                folder.resolve("schema.graphql"), "type Sensors @table { id: ID @primaryKey temp: Float by: Int }");
        drop(0);
        try (House house = new House(directory, Map.of("copies", 4, "time", "20s", "answer", "60s"))) {
            Applications applications = new Applications(
                    house.node().services().tables(),
                    (application, roles) -> {},
                    house.node().services().transactions(),
                    house.node().services().make(DataLoader.class),
                    Configs.of(
                            Applications.Config.class,
                            Map.of("directory", directory.resolve("deploy").toString(), "interval", "50ms")));
            applications.addLanguage(house.scripting());
            serves(house.node(), 0);
            List<Future<Integer>> writers = new ArrayList<>();
            writers.add(threads.submit(over(
                    over,
                    number -> assertThat(house.http("PUT", "/Sensors/http", "{\"temp\":" + number + "}")
                                    .status())
                            .isIn(201, 204))));
            writers.add(threads.submit(over(
                    over,
                    number -> assertThat(house.node()
                                    .put("Sensors/plain", "{\"temp\":" + number + "}")
                                    .changes())
                            .hasSize(1))));
            for (int number = 1; number <= SWAPS; number++) {
                drop(number);
                serves(house.node(), number);
            }
            over.set(true);
            for (Future<Integer> writer : writers) {
                assertThat(writer.get(2, TimeUnit.MINUTES)).isPositive();
            }
            assertThat(house.node().text("Sensors/http")).contains("\"by\":");
            applications.close();
        } finally {
            over.set(true);
            threads.shutdownNow();
        }
    }

    /** Writes a row. */
    private interface Writer {
        void write(int number) throws Exception;
    }

    /** Writes until it is over; returns how often. */
    private static Callable<Integer> over(AtomicBoolean over, Writer writer) {
        return () -> {
            int count = 0;
            do {
                writer.write(++count);
            } while (!over.get());
            return count;
        };
    }
}
