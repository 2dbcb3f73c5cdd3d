// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Body;
import dev.tarn.api.resource.Source;
import dev.tarn.engine.Engine;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a request says about rows that are kept of a source. */
class RecallTest {
    @TempDir
    static Path directory;

    private static final AtomicInteger asked = new AtomicInteger();
    private static House house;

    @BeforeAll
    static void start() {
        house = new House(directory);
        ((Engine) house.node.services().resources()).addSource(new Source() {
            @Override
            public String resource() {
                return "Sensors";
            }

            @Override
            public CompletionStage<Optional<Body>> fetch(dev.tarn.api.data.Path path) {
                return CompletableFuture.completedStage(
                        Optional.of(house.node.json("{\"temp\":" + asked.incrementAndGet() + "}")));
            }
        });
    }

    @AfterAll
    static void close() {
        house.close();
    }

    @Test
    void only_if_cached_never_asks_the_source_and_no_cache_always_does() throws Exception {
        House.Answer none = house.get("/Sensors/a", "Cache-Control: max-age=60, Only-If-Cached");
        assertThat(none.status()).isEqualTo(504);
        assertThat(none.text()).contains("not kept");
        assertThat(house.get("/Sensors/a.temp", "Cache-Control: only-if-cached").status())
                .isEqualTo(504);
        assertThat(asked.get()).isZero();
        assertThat(house.get("/Sensors/a").text()).contains("\"temp\":1");
        assertThat(house.get("/Sensors/a").text()).contains("\"temp\":1");
        assertThat(house.get("/Sensors/a", "Cache-Control: only-if-cached").text())
                .contains("\"temp\":1");
        assertThat(house.get("/Sensors/a", "Cache-Control: no-cache").text()).contains("\"temp\":2");
        assertThat(house.get("/Sensors/a").text()).contains("\"temp\":2");
    }

    @Test
    void tables_without_a_source_have_all_there_is() throws Exception {
        assertThat(house.get("/Orders/1", "Cache-Control: only-if-cached").status())
                .isEqualTo(404);
        house.json("PUT", "/Orders/1", "{\"item\":\"bolt\"}");
        assertThat(house.get("/Orders/1", "Cache-Control: only-if-cached").status())
                .isEqualTo(200);
        assertThat(house.get("/Orders/1", "Cache-Control: no-cache").status()).isEqualTo(200);
    }
}
