// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.Terms;
import dev.tarn.testkit.Configs;
import dev.tarn.testkit.Node;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jars that are dropped, uploaded, replaced and taken away while requests come. */
class JavaDeployTest {

    private static final String SOURCE = """
            package app;
            import dev.tarn.api.application.*;
            public final class Rule extends TableResource<Rule.Sensors> {
                @Table("Sensors") @Export
                public record Sensors(@Id String id, Double temp, String by) {}
                %s
                @Override public void put(Call call, Sensors sent) throws Exception {
                    super.put(call, new Sensors(sent.id(), sent.temp(), "%s"));
                }
            }
            """;

    @TempDir
    Path directory;

    private Node node;
    private Applications applications;

    @BeforeEach
    void start() {
        node = Node.in(directory.resolve("data")).start();
        applications = new Applications(
                node.services().tables(),
                (application, roles) -> {},
                node.services().transactions(),
                node.services().make(DataLoader.class),
                Configs.of(
                        Applications.Config.class,
                        Map.of("directory", directory.resolve("deploy").toString(), "interval", "50ms")));
    }

    @AfterEach
    void stop() {
        applications.close();
        node.close();
    }

    private static String source(String by) {
        return String.format(SOURCE, "", by);
    }

    /** A jar with what this source compiles to. */
    private byte[] jar(String source) throws IOException {
        return jar(source, "");
    }

    /** A jar in which one file is missing. */
    private byte[] jar(String source, String without) throws IOException {
        return without.isEmpty()
                ? Jars.of(directory, Map.of("app/Rule.java", source))
                : Jars.of(directory, Map.of("app/Rule.java", source), without);
    }

    private void drop(byte[] jar) throws IOException {
        Path folder = directory.resolve("deploy/app");
        Files.createDirectories(folder);
        Path temporary = folder.resolve(".app.jar");
        Files.write(temporary, jar);
        Files.move(
                temporary,
                folder.resolve("app.jar"),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("a minute has passed").isLessThan(end);
            LockSupport.parkNanos(5_000_000);
        }
    }

    /** Who answers a put now; nobody where it is the catch-all. */
    private String by() {
        node.put("Sensors/probe", "{\"temp\":1}");
        String row = node.text("Sensors/probe");
        int at = row.indexOf("\"by\":\"");
        return at < 0 ? "nobody" : row.substring(at + 6, row.length() - 2);
    }

    private int upload(String source) throws IOException {
        return Node.await(applications.deploy("app", jar(source)));
    }

    @Test
    void a_jar_that_is_dropped_is_live_and_one_that_is_broken_leaves_it_alone() throws Exception {
        assertThat(by()).isEqualTo("nobody");
        drop(jar(source("one")));
        await(() -> by().equals("one"));
        drop(jar(source("two")));
        await(() -> by().equals("two"));
        drop(jar(source("three").replace("@Export", "")));
        await(() -> Node.await(applications.list()).toString().contains("has no @Export"));
        assertThat(by()).isEqualTo("two");
        drop(jar(source("four").replace("%s", "")));
        await(() -> by().equals("four"));
        Files.move(directory.resolve("deploy/app"), directory.resolve("gone"));
        await(() -> by().equals("nobody"));
    }

    @Test
    void versions_are_uploaded_refused_with_file_and_line_and_gone_back_to() throws Exception {
        assertThat(upload(source("one"))).isEqualTo(1);
        assertThat(by()).isEqualTo("one");
        assertThat(upload(source("two"))).isEqualTo(2);
        assertThat(by()).isEqualTo("two");
        String wrong = String.format(SOURCE, "{ if (true) throw new IllegalStateException(\"no\"); }", "three");
        byte[] broken = jar(wrong);
        assertThatThrownBy(() -> Node.await(applications.deploy("app", broken)))
                .isInstanceOfSatisfying(Failure.class, failure -> {
                    assertThat(failure.code()).isEqualTo(Failure.Code.INVALID);
                    assertThat(failure.violations()).hasSize(1);
                    assertThat(failure.violations().get(0))
                            .startsWith("Rule.java:6: ")
                            .contains("no");
                });
        assertThat(by()).isEqualTo("two");
        assertThat(Node.await(applications.rollBack("app"))).isEqualTo(1);
        assertThat(by()).isEqualTo("one");
        applications.close();
        applications = new Applications(
                node.services().tables(),
                (application, roles) -> {},
                node.services().transactions(),
                node.services().make(DataLoader.class),
                Configs.of(
                        Applications.Config.class,
                        Map.of("directory", directory.resolve("deploy").toString(), "interval", "50ms")));
        assertThat(by()).isEqualTo("one");
        assertThat(Node.await(applications.undeploy("app"))).isTrue();
        assertThat(by()).isEqualTo("nobody");
    }

    @Test
    void no_request_is_lost_or_refused_while_versions_change() throws Exception {
        int swaps = Integer.getInteger("tarn.swaps", 20);
        byte[] even = jar(source("even"));
        byte[] odd = jar(source("odd"));
        Node.await(applications.deploy("app", even));
        AtomicBoolean over = new AtomicBoolean();
        List<CompletionStage<Commit>> writes = new ArrayList<>();
        Thread writer = new Thread(() -> {
            for (int i = 0; !over.get(); i++) {
                writes.add(node.services()
                        .resources()
                        .put(
                                node.context(),
                                dev.tarn.api.data.Path.of("Sensors/" + i),
                                node.json("{\"temp\":" + i + "}"),
                                Terms.NONE));
                LockSupport.parkNanos(200_000);
            }
        });
        writer.start();
        try {
            for (int i = 1; i <= swaps; i++) {
                Node.await(applications.deploy("app", i % 2 == 0 ? even : odd));
            }
        } finally {
            over.set(true);
            writer.join();
        }
        assertThat(writes).isNotEmpty();
        for (int i = 0; i < writes.size(); i++) {
            assertThat(Node.await(writes.get(i)).changes()).hasSize(1);
            assertThat(node.text("Sensors/" + i)).containsAnyOf("\"by\":\"even\"", "\"by\":\"odd\"");
        }
    }

    @Test
    void what_is_replaced_leaves_no_threads_and_no_classes_behind() throws Exception {
        byte[] ticking = jar(String.format(SOURCE, """
                @Every("20ms") public void tick(Transaction transaction) {
                    transaction.table("Sensors").put("tick", body(transaction));
                }
                private static dev.tarn.api.data.Body body(Transaction transaction) {
                    return transaction.table("Sensors").get("seed").orElseThrow().body();
                }
                """, "ticking"));
        Node.await(applications.deploy("app", ticking));
        node.put("Sensors/seed", "{\"temp\":1}");
        await(() -> node.row("Sensors/tick").isPresent());
        for (int i = 0; i < Integer.getInteger("tarn.swaps", 20); i++) {
            Node.await(applications.deploy("app", ticking));
        }
        Node.await(applications.undeploy("app"));
        await(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().equals("tarn-timer-app") && thread.isAlive()));
        await(() -> {
            System.gc();
            return JarLoader.alive() == 0;
        });
    }

    @Test
    void an_archive_that_is_none_or_leads_out_is_refused() {
        for (byte[] wrong : List.of(new byte[0], "no zip".getBytes(StandardCharsets.UTF_8))) {
            assertThatThrownBy(() -> Node.await(applications.deploy("app", wrong)))
                    .isInstanceOf(Failure.class);
        }
        assertThatThrownBy(() -> Node.await(applications.deploy("../app", new byte[0])))
                .isInstanceOf(Failure.class);
        assertThatThrownBy(() -> Node.await(applications.rollBack("app"))).isInstanceOf(Failure.class);
        assertThat(Node.await(applications.list())).isEmpty();
    }

    @Test
    void a_jar_in_the_watched_folder_is_an_application_for_as_long_as_it_lies_there() throws Exception {
        Path dropped = Files.createDirectories(directory.resolve("deploy")).resolve("rule-1.0.jar");
        Path partial = directory.resolve("partial");
        Files.write(partial, jar(source("one")));
        Files.move(partial, dropped, StandardCopyOption.ATOMIC_MOVE);
        writes("one");
        Files.write(partial, jar(source("two")));
        Files.move(partial, dropped, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        writes("two");
        Files.write(partial, jar("package app; public class Rule extends Missing {}".replace("extends Missing ", "")));
        Files.move(partial, dropped, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        await(() -> said().contains("no class extends TableResource"));
        writes("two");
        assertThat(said()).contains("name=rule").contains("versions=[1, 2]");
        Node.await(applications.rollBack("rule"));
        writes("one");
        Node.await(applications.undeploy("rule"));
        assertThat(Files.exists(dropped)).isFalse();
        assertThat(said()).isEqualTo("[]");
    }

    @Test
    void a_jar_with_a_class_missing_is_refused_and_says_which() throws Exception {
        upload(source("one"));
        for (String use : List.of("public Gone gone() { return null; }", "void use() { new Gone().go(); }")) {
            byte[] broken = jar(
                    String.format(SOURCE, use, "two")
                            .replace(
                                    "public final class Rule",
                                    "final class Gone { void go() {} }\npublic final class Rule"),
                    "app/Gone.class");
            assertThatThrownBy(() -> Node.await(applications.deploy("app", broken)))
                    .isInstanceOfSatisfying(
                            Failure.class,
                            failure -> assertThat(failure.violations())
                                    .containsExactly(
                                            "app/Rule.java:7: there is no class app.Gone, neither in the application's jars nor in lib/"));
            assertThat(by()).isEqualTo("one");
        }
        byte[] often = jar(String.format(SOURCE, "@Every(\"often\") public void tick() {}", "two"));
        assertThatThrownBy(() -> Node.await(applications.deploy("app", often)))
                .isInstanceOfSatisfying(
                        Failure.class,
                        failure -> assertThat(failure.violations())
                                .singleElement()
                                .asString()
                                .startsWith("app/Rule.java:6: tick: @Every: \"often\""));
        // What is dropped is looked at after that as well.
        Node.await(applications.undeploy("app"));
        drop(jar(source("three")));
        await(() -> by().equals("three"));
    }

    private String said() {
        return Node.await(applications.list()).toString();
    }

    /** Waits until rows are written by this version. */
    private void writes(String by) {
        await(() -> {
            try {
                node.put("Sensors/1", "{\"temp\":1}");
                return node.text("Sensors/1").contains("\"by\":\"" + by + "\"");
            } catch (Failure notYet) {
                return false;
            }
        });
    }

    @Test
    void rows_as_they_come_are_maps() throws Exception {
        Path folder = Files.createDirectories(directory.resolve("partial-folder"));
        Files.writeString(folder.resolve("schema.graphql"), "type Things @table { id: ID @primaryKey  n: Int }");
        Files.write(folder.resolve("rule.jar"), jar("""
                package app;
                import dev.tarn.api.application.*;
                import java.util.*;
                @Export("Things")
                public final class Rule extends TableResource<Map<String, Object>> {
                    @Override public void put(Call call, Map<String, Object> sent) throws Exception {
                        Map<String, Object> changed = new LinkedHashMap<>(sent);
                        changed.put("n", ((Number) sent.getOrDefault("n", 0)).longValue() + 1);
                        changed.put("by", "rule");
                        changed.remove("secret");
                        super.put(call, changed);
                    }
                    @Override public Map<String, Object> get(Call call) throws Exception {
                        Map<String, Object> row = super.get(call);
                        if (row == null) return null;
                        Map<String, Object> shown = new LinkedHashMap<>(row);
                        shown.put("seen", true);
                        return shown;
                    }
                    @Override public Iterable<Map<String, Object>> find(Call call) throws Exception {
                        List<Map<String, Object>> all = new ArrayList<>();
                        super.find(call).forEach(all::add);
                        return all;
                    }
                }
                """));
        Files.move(folder, Files.createDirectories(directory.resolve("deploy")).resolve("things"));
        await(() -> said().contains("name=things, state=serving"));
        node.put("Things/1", "{\"n\":4,\"secret\":\"x\",\"more\":[1]}");
        assertThat(node.text("Things/1"))
                .isEqualTo("{\"id\":\"1\",\"n\":5,\"more\":[1],\"by\":\"rule\",\"seen\":true}");
        assertThat(Node.await(node.services()
                                .resources()
                                .patch(
                                        node.context(),
                                        dev.tarn.api.data.Path.of("Things/1"),
                                        node.json("{\"n\":1}"),
                                        Terms.NONE))
                        .changes())
                .hasSize(1);
        assertThat(node.text("Things/1")).contains("\"n\":2").contains("\"more\":[1]");
    }

    @Test
    void a_mistake_is_told_with_the_line_of_the_application() throws Exception {
        Node.await(applications.deploy("app", jar("""
                package app;
                import dev.tarn.api.application.*;
                @At("Wrong")
                public final class Rule extends Endpoint {
                    @Override public Object get(Call call) {
                        return java.util.List.of().get(0);
                    }
                }
                """)));
        assertThatThrownBy(() -> node.row("Wrong/1")).hasMessageContaining("Rule.java:6");
    }
}
