// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Attribute;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables that come from elsewhere: what is written there, and what is told from there; timers that go on. */
class SourcesTest {

    private static final long PATIENCE_NANOS = 60_000_000_000L;

    @TempDir
    static Path directory;

    private static House house;

    @BeforeAll
    static void start() {
        house = new House(directory, Map.of("time", "300ms", "answer", "20s", "copies", 1))
                .tables(
                        House.table("Remote", "Remote", Attribute.of("n", Attribute.Type.INT)),
                        House.table("Beats", "Beats", Attribute.of("n", Attribute.Type.INT)));
    }

    @AfterAll
    static void close() {
        house.close();
    }

    private static void becomes(String path, String words) {
        long until = System.nanoTime() + PATIENCE_NANOS;
        while (!house.node().text(path).contains(words) && System.nanoTime() < until) {
            Thread.onSpinWait();
        }
        assertThat(house.node().text(path)).contains(words);
    }

    @Test
    void what_is_written_is_written_where_it_comes_from_first() throws Exception {
        house.deploy("""
                const written = new Map();
                class Elsewhere extends Resource {
                  static loadAsInstance = false;
                  get(target) { return written.get(target.id); }
                  async put(target, data) {
                    if (data.n < 0) {
                      const no = new Error('not there either');
                      no.statusCode = 422;
                      throw no;
                    }
                    written.set(target.id, { n: data.n });
                  }
                  delete(target) { written.delete(target.id); }
                  async *subscribe() {
                    yield { type: 'put', id: 'told', value: { n: 7 } };
                    yield { type: 'put', id: 'gone', value: { n: 8 } };
                    yield { type: 'delete', id: 'gone' };
                    yield { type: 'put', id: 'last', value: { n: 9 } };
                  }
                }
                tables.Remote.sourcedFrom(Elsewhere);
                export class Written extends Resource { get() { return [...written]; } }
                """);
        assertThat(house.http("PUT", "/Remote/1", "{\"n\":1}").status()).isIn(201, 204);
        assertThat(house.http("PUT", "/Remote/2", "{\"n\":-1}").status()).isEqualTo(422);
        assertThat(house.http("PATCH", "/Remote/1", "{\"n\":2}").status()).isEqualTo(204);
        assertThat(house.get("/Written/1").body().replaceAll("\\s", "")).isEqualTo("[[\"1\",{\"n\":2}]]");
        assertThat(house.node().text("Remote/2")).isEqualTo("absent");
        assertThat(house.http("DELETE", "/Remote/1", "").status()).isEqualTo(204);
        assertThat(house.get("/Written/1").body().replaceAll("\\s", "")).isEqualTo("[]");
        becomes("Remote/last", "\"n\":9");
        becomes("Remote/told", "\"n\":7");
        assertThat(house.node().text("Remote/gone")).isEqualTo("absent");
    }

    @Test
    void timers_go_on_after_the_copy_that_had_them_was_ended() throws Exception {
        house.deploy("""
                setInterval(() => tables.Beats.put('first', { n: 1 }), 50);
                export class Loop extends Resource {
                  get(target) {
                    if (target.id === 'loop') for (;;);
                    return {};
                  }
                }
                """);
        becomes("Beats/first", "\"n\":1");
        assertThat(house.get("/Loop/loop").status()).isEqualTo(503);
        house.node().delete("Beats/first");
        becomes("Beats/first", "\"n\":1");
        assertThat(house.get("/Loop/fine").status()).isEqualTo(200);
    }
}
