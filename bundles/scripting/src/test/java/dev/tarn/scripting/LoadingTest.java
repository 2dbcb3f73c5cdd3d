// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Failure;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is refused when it is loaded, what is ended when it runs, and what is left of what was replaced. */
class LoadingTest {

    private static final long PATIENCE_NANOS = 60_000_000_000L;

    private static final Map<String, Object> SETTINGS = Map.of("jsResource", Map.of("files", "resources.js"));

    @TempDir
    static Path directory;

    private static House house;

    @BeforeAll
    static void start() {
        house = new House(directory, Map.of("time", "500ms", "memory", "64MB", "answer", "20s"))
                .tables(House.table("Things", null, Attribute.of("n", Attribute.Type.INT)));
    }

    @AfterAll
    static void close() {
        house.close();
    }

    private static List<String> refused(String resources) {
        return refused(Map.of("resources.js", resources), SETTINGS);
    }

    private static List<String> refused(Map<String, String> files, Map<String, Object> settings) {
        Failure failure = catchThrowableOfType(Failure.class, () -> house.deploy(files, settings));
        assertThat(failure).isNotNull();
        assertThat(failure.code()).isEqualTo(Failure.Code.INVALID);
        return failure.violations();
    }

    @Test
    void a_mistake_is_told_with_its_line() {
        assertThat(refused("// first\nexport class A extends Resource {\n  get() { return 1 +; }\n}\n"))
                .singleElement()
                .asString()
                .startsWith("resources.js:3: ");
        assertThat(refused("const a = 1;\n\nnope();\n"))
                .singleElement()
                .asString()
                .startsWith("resources.js:3: ");
        assertThat(refused("export class A extends tables.Nothing {}\n"))
                .singleElement()
                .asString()
                .startsWith("resources.js:1: ");
    }

    @Test
    void a_table_that_is_not_there_is_told_by_its_name() {
        assertThat(refused("// first\nexport class A extends tables.Typo {\n  get() { return 1; }\n}\n"))
                .singleElement()
                .asString()
                .startsWith("resources.js:2: there is no table 'Typo' (TypeError");
        assertThat(refused("const { Tpyo } = databases.other;\n\nexport class A extends Tpyo {}\n"))
                .singleElement()
                .asString()
                .startsWith("resources.js:3: there is no table 'Tpyo' in database 'other'");
        assertThat(refused("if (tables.Perhaps) { nothing(); }\ntables.Gone.setComputedAttribute('n', () => 1);\n"))
                .singleElement()
                .asString()
                .startsWith("resources.js:2: there is no table 'Gone'");
    }

    @Test
    void what_is_not_there_is_told_when_it_is_loaded() {
        assertThat(refused("import { readFile } from 'node:fs';\nimport x from './gone.js';\n"))
                .hasSize(2)
                .anyMatch(flaw -> flaw.startsWith("resources.js:1: module 'node:fs' is not there"))
                .anyMatch(flaw -> flaw.startsWith("resources.js:2: there is no file 'gone.js'"));
        assertThat(refused("server.http(() => {});\n"))
                .singleElement()
                .asString()
                .startsWith("resources.js:1: server.http is not there");
        assertThat(refused("tables.Things.setComputedAttribute('n', () => 1);\n"))
                .singleElement()
                .asString()
                .contains("computed attributes are expressions");
        assertThat(refused("class A extends Resource {\n  async get() { return fetch('https://example.org'); }\n}\n"))
                .singleElement()
                .asString()
                .startsWith("resources.js:2: fetch needs the network");
        assertThat(refused(Map.of("resources.js", ""), Map.of("jsResource", Map.of("fils", "resources.js"))))
                .anyMatch(flaw -> flaw.contains("'fils' is not known"));
    }

    @Test
    void what_never_ends_when_it_is_loaded_is_refused_with_its_line() {
        assertThat(refused("const size = 100_000;\nlet made;\nfor (;;) {\n  made = new Float64Array(size);\n}\n"))
                .singleElement()
                .asString()
                .matches("resources\\.js:[34]: the application was ended since it took more than 2048 MB of memory");
    }

    @Test
    void an_endless_loop_costs_its_caller_an_answer_and_nobody_else_anything() throws Exception {
        house.deploy("""
                export class Loop extends Resource { get() { for (;;); } }
                export class Fine extends Resource { get() { return { fine: true }; } }
                export class Grow extends Resource { get() { const all = []; for (;;) { all.push(new Array(1000).fill(0.5)); } } }
                export class Deep extends Resource { get() { const deep = () => deep() + 1; return deep(); } }
                export class Huge extends Resource { get() { return new Uint8Array(3e9).length; } }
                export class Never extends Resource { get() { return new Promise(() => {}); } }
                """);
        CompletableFuture<Integer> loop = CompletableFuture.supplyAsync(() -> status("/Loop/1"));
        while (!loop.isDone()) {
            assertThat(house.get("/Fine/1").body()).contains("\"fine\":true");
        }
        assertThat(loop.join()).isEqualTo(503);
        assertThat(status("/Grow/1")).isEqualTo(503);
        assertThat(status("/Deep/1")).isEqualTo(500);
        assertThat(status("/Huge/1")).isIn(500, 503);
        assertThat(house.get("/Fine/1").body()).contains("\"fine\":true");
    }

    private static int status(String path) {
        try {
            return house.get(path).status();
        } catch (IOException failure) {
            throw new IllegalStateException(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }

    @Test
    void nothing_of_the_host_is_reached() throws Exception {
        house.deploy("""
                export class Look extends Resource {
                  get() {
                    return ['Java', 'Polyglot', 'Graal', 'load', 'loadWithNewGlobal', 'print', 'quit', 'exit', 'java', 'Packages', 'SharedArrayBuffer']
                      .filter((name) => typeof globalThis[name] !== 'undefined');
                  }
                  async post() {
                    try {
                      await import('/etc/passwd');
                      return 'read';
                    } catch (error) {
                      return 'refused';
                    }
                  }
                }
                """);
        assertThat(house.get("/Look/1").body()).isEqualTo("[]");
        assertThat(house.http("POST", "/Look/1", "{}").body()).contains("refused");
    }

    @Test
    void a_version_that_fails_leaves_the_one_before_serving() throws Exception {
        house.deploy("export class V extends Resource { get() { return { version: 1 }; } }");
        refused("export class V extends Resource { get() { return { version: 2 }; } }\nthrow new Error('late');\n");
        assertThat(house.get("/V/1").body()).contains("\"version\":1");
        house.deploy("export class V extends Resource { get() { return { version: 3 }; } }");
        assertThat(house.get("/V/1").body()).contains("\"version\":3");
    }

    @Test
    void what_is_replaced_is_gone() throws Exception {
        List<WeakReference<Object>> replaced = new ArrayList<>();
        for (int version = 0; version < Integer.getInteger("tarn.leaks", 20); version++) {
            house.deploy("setInterval(() => {}, 1000);\nexport class W extends Resource { get() { return { version: "
                    + version + " }; } }");
            assertThat(house.get("/W/1").body()).contains("\"version\":" + version);
            replaced.add(new WeakReference<>(house.program()));
        }
        house.deploy("export class W extends Resource { get() { return {}; } }");
        long until = System.nanoTime() + PATIENCE_NANOS;
        while (replaced.stream().anyMatch(old -> old.get() != null) && System.nanoTime() < until) {
            System.gc();
            house.get("/W/1");
        }
        assertThat(replaced).allMatch(old -> old.get() == null);
    }
}
