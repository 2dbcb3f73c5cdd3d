// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.tarn.api.application.Mount;
import dev.tarn.api.application.Site;
import dev.tarn.api.application.Transactions;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Tables;
import dev.tarn.api.security.Roles;
import dev.tarn.testkit.Configs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class ApplicationsTest {

    private static final String SENSORS = "type Sensors @table @export { id: ID @primaryKey temp: Float }\n";

    /** Keeps what was deployed, and refuses what it is told to refuse. */
    private static final class KeptTables implements Tables {
        final Map<String, List<Table>> deployed = new ConcurrentHashMap<>();
        final BlockingQueue<String> events = new LinkedBlockingQueue<>();
        volatile boolean refusing;

        /** How long the next one takes. */
        volatile long nanos;

        @Override
        public void deploy(String application, List<Table> tables, List<Mount> mounts) {
            for (long end = System.nanoTime() + nanos; System.nanoTime() < end; ) {
                LockSupport.parkNanos(end - System.nanoTime());
            }
            nanos = 0;
            if (refusing) {
                events.add("refused " + application);
                throw new Failure(Failure.Code.CONFLICT, "another application exports Sensors");
            }
            deployed.put(application, tables);
            events.add("deploy " + application + " "
                    + tables.stream().map(Table::name).toList());
        }

        @Override
        public void undeploy(String application) {
            deployed.remove(application);
            events.add("undeploy " + application);
        }

        @Override
        public Collection<Table> all() {
            return deployed.values().stream().flatMap(List::stream).toList();
        }

        String next() throws InterruptedException {
            return String.valueOf(events.poll(60, TimeUnit.SECONDS));
        }
    }

    /** Nothing runs by itself here. */
    static final Transactions NOBODY = (application, limit, work) ->
            CompletableFuture.failedFuture(new Failure(Failure.Code.UNSUPPORTED, "nothing runs by itself"));

    @TempDir
    Path directory;

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final KeptTables tables = new KeptTables();
    private final Map<String, List<Map<String, Object>>> roleRows = new ConcurrentHashMap<>();
    private final Roles roles = roleRows::put;
    private Applications applications;

    private void start(Path... folders) {
        applications = new Applications(
                tables,
                roles,
                NOBODY,
                Optional.empty(),
                Configs.of(
                        Applications.Config.class,
                        Map.of(
                                "folders",
                                        List.of(folders).stream()
                                                .map(Path::toString)
                                                .toArray(String[]::new),
                                "directory", directory.resolve("deploy").toString(),
                                "interval", "50ms")));
    }

    @BeforeEach
    void listen() {
        log.list = new CopyOnWriteArrayList<>();
        log.start();
        ((Logger) LoggerFactory.getLogger(Watch.class)).addAppender(log);
    }

    @AfterEach
    void stop() {
        ((Logger) LoggerFactory.getLogger(Watch.class)).detachAppender(log);
        if (applications != null) {
            applications.close();
        }
    }

    private Path write(String file, String text) throws IOException {
        Path path = directory.resolve(file);
        Files.createDirectories(path.getParent());
        Path temporary = path.resolveSibling("." + path.getFileName() + ".new");
        Files.writeString(temporary, text);
        return Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("a minute passed").isLessThan(end);
            LockSupport.parkNanos(5_000_000);
        }
    }

    private String content(String path) {
        return applications
                .file(path)
                .map(file -> {
                    try {
                        return Files.readString(file.location());
                    } catch (IOException unreadable) {
                        throw new AssertionError(unreadable);
                    }
                })
                .orElse("none");
    }

    @Test
    void a_folder_that_is_there_is_deployed_before_the_constructor_returns() throws Exception {
        write("app/config.yaml", "graphqlSchema:\n  files: schema.graphql\nstatic:\n  files: web/**\n");
        write("app/schema.graphql", SENSORS);
        write("app/web/index.html", "<h1>hello</h1>");

        start(directory.resolve("app"));

        assertThat(tables.deployed).containsOnlyKeys("app");
        assertThat(content("/")).isEqualTo("<h1>hello</h1>");
        assertThat(content("/index.html")).isEqualTo("<h1>hello</h1>");
        assertThat(applications.has("/")).isTrue();
        assertThat(applications.has("/web/index.html")).isFalse();
        assertThat(applications.file("/").orElseThrow().mediaType()).isEqualTo("text/html; charset=utf-8");
    }

    @Test
    void a_folder_without_config_works_with_defaults() throws Exception {
        write("app/schema.graphql", SENSORS);
        write("app/web/app.js", "1");

        start(directory.resolve("app"));

        assertThat(tables.next()).isEqualTo("deploy app [Sensors]");
        assertThat(applications.has("/app.js")).isTrue();
    }

    @Test
    void a_folder_dropped_in_is_deployed_changed_and_undeployed() throws Exception {
        start();
        write("deploy/app/schema.graphql", SENSORS);
        assertThat(tables.next()).isEqualTo("deploy app [Sensors]");

        write("deploy/app/schema.graphql", SENSORS + "type More @table @export\n");
        assertThat(tables.next()).isEqualTo("deploy app [Sensors, More]");

        Files.move(directory.resolve("deploy/app"), directory.resolve("gone"));
        assertThat(tables.next()).isEqualTo("undeploy app");
    }

    @Test
    void after_a_version_that_took_long_the_folder_is_looked_at_as_often_as_before() throws Exception {
        start();
        // A twentieth of the time for looking would be more than the minute in which the next version is awaited.
        tables.nanos = TimeUnit.MILLISECONDS.toNanos(3_200);
        write("deploy/app/schema.graphql", SENSORS);
        assertThat(tables.next()).isEqualTo("deploy app [Sensors]");
        write("deploy/app/schema.graphql", SENSORS + "type More @table @export\n");
        assertThat(tables.next()).isEqualTo("deploy app [Sensors, More]");
    }

    @Test
    void a_broken_version_leaves_the_old_one_serving_until_it_is_mended() throws Exception {
        write("app/schema.graphql", SENSORS);
        write("app/web/index.html", "old");
        start(directory.resolve("app"));
        assertThat(tables.next()).isEqualTo("deploy app [Sensors]");

        write("app/schema.graphql", "type Sensors @table @export { temp: Flot }");
        await(() -> log.list.stream()
                .anyMatch(event -> event.getFormattedMessage()
                        .equals("application=app not deployed: schema.graphql:1: type 'Flot' is not known;"
                                + " did you mean 'Float'? (the last version keeps serving)")));

        assertThat(tables.events).isEmpty();
        assertThat(tables.deployed).containsKey("app");
        assertThat(content("/")).isEqualTo("old");

        write("app/web/marker.txt", "seen");
        write("app/schema.graphql", SENSORS + "type Mended @table");
        assertThat(tables.next()).isEqualTo("deploy app [Sensors, Mended]");
        await(() -> applications.has("/marker.txt"));
    }

    @Test
    void what_the_tables_refuse_is_tried_again_when_a_file_changes() throws Exception {
        tables.refusing = true;
        write("app/schema.graphql", SENSORS);
        start(directory.resolve("app"));
        assertThat(tables.next()).isEqualTo("refused app");

        tables.refusing = false;
        write("app/schema.graphql", SENSORS + "# again\n");
        assertThat(tables.next()).isEqualTo("deploy app [Sensors]");
    }

    @Test
    void a_change_of_a_page_alone_leaves_the_tables_alone() throws Exception {
        write("app/schema.graphql", SENSORS);
        write("app/web/index.html", "one");
        start(directory.resolve("app"));
        tables.next();
        Site.File before = applications.file("/").orElseThrow();

        write("app/web/index.html", "two");
        await(() -> content("/").equals("two"));

        assertThat(applications.file("/").orElseThrow().version()).isNotEqualTo(before.version());
        assertThat(tables.events).isEmpty();
    }

    @Test
    void the_second_folder_of_a_name_is_passed_over() throws Exception {
        write("one/app/schema.graphql", SENSORS);
        write("deploy/app/schema.graphql", "type Other @table");

        start(directory.resolve("one/app"));

        assertThat(tables.deployed.get("app")).extracting(Table::name).containsExactly("Sensors");
    }

    @Test
    void a_folder_that_is_not_there_yet_is_deployed_when_it_comes() throws Exception {
        start(directory.resolve("late"));
        write("late/schema.graphql", SENSORS);

        assertThat(tables.next()).isEqualTo("deploy late [Sensors]");
    }

    @Test
    void no_path_leads_out_of_the_pages() throws Exception {
        write("secret.txt", "secret");
        write("app/schema.graphql", SENSORS);
        write("app/.env", "hidden");
        write("app/config.yaml", "graphqlSchema:\n  files: '*.graphql'\nstatic:\n  files: '**'\n");
        write("app/web/a.txt", "a");
        Files.createSymbolicLink(directory.resolve("app/web/link.txt"), directory.resolve("secret.txt"));
        Files.createSymbolicLink(directory.resolve("app/web/up"), directory);
        Files.createSymbolicLink(directory.resolve("app/web/inside.txt"), Path.of("a.txt"));

        start(directory.resolve("app"));

        assertThat(content("/web/a.txt")).isEqualTo("a");
        assertThat(content("/web/inside.txt")).isEqualTo("a");
        for (String path : List.of(
                "/../secret.txt",
                "/web/../../secret.txt",
                "/web/link.txt",
                "/web/up/secret.txt",
                "/.env",
                "/config.yaml",
                "/schema.graphql",
                "/web/a.txt\0",
                "//web/a.txt",
                "\\web\\a.txt",
                "")) {
            assertThat(applications.has(path)).as(path).isFalse();
            assertThat(applications.file(path)).as(path).isEmpty();
        }
    }

    @Test
    void a_file_that_became_a_link_after_it_was_listed_is_not_served() throws Exception {
        write("secret.txt", "secret");
        write("app/web/index.html", "a");
        applications = new Applications(
                tables,
                roles,
                NOBODY,
                Optional.empty(),
                Configs.of(
                        Applications.Config.class,
                        Map.of("folders", new String[] {directory.resolve("app").toString()}, "interval", "60s")));

        Files.delete(directory.resolve("app/web/index.html"));
        Files.createSymbolicLink(directory.resolve("app/web/index.html"), directory.resolve("secret.txt"));

        assertThat(applications.file("/")).isEmpty();
    }

    @Test
    void closing_takes_the_applications_away() throws Exception {
        write("app/schema.graphql", SENSORS);
        write("app/web/index.html", "a");
        start(directory.resolve("app"));

        applications.close();

        assertThat(tables.deployed).isEmpty();
        assertThat(applications.has("/")).isFalse();
    }

    @Test
    void an_interval_out_of_range_is_refused() {
        assertThatThrownBy(() -> new Applications(
                        tables,
                        roles,
                        NOBODY,
                        Optional.empty(),
                        Configs.of(Applications.Config.class, Map.of("interval", "1ms"))))
                .hasMessageContaining("interval");
    }
}
