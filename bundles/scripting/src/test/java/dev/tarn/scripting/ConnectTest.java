// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Attribute;
import dev.tarn.testkit.EventReader;
import dev.tarn.testkit.WebSocketClient;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connections that scripts take over. */
class ConnectTest {

    private static final String RESOURCES = """
            import { tables, Resource } from 'harperdb';

            let open = 0;
            let left = 0;
            const rooms = new Set();

            export class Echo extends Resource {
              static loadAsInstance = false;
              async *connect(target, incoming) {
                if (incoming === undefined) {
                  yield { event: 'hello', data: 'one\\ntwo', id: 'first' };
                  yield { n: 1 };
                  return;
                }
                for await (const message of incoming) {
                  yield { said: message, at: target.id };
                }
              }
            }

            export class Room extends Resource {
              static loadAsInstance = false;
              connect(target, incoming) {
                const outgoing = super.connect(target, incoming);
                rooms.add(outgoing);
                open++;
                outgoing.on('close', () => {
                  rooms.delete(outgoing);
                  open--;
                });
                incoming.on('data', (message) => rooms.forEach((each) => each.send(message)));
                return outgoing;
              }
              get() {
                return { open };
              }
            }

            export class Watched extends tables.Things {
              static loadAsInstance = false;
              async *connect(target, incoming) {
                try {
                  for await (const event of await super.connect(target, incoming)) {
                    yield { type: event.type, n: event.value?.n };
                  }
                } finally {
                  left++;
                }
              }
            }

            export class Left extends Resource {
              get() {
                return { left };
              }
            }

            export class Counting extends Resource {
              static loadAsInstance = false;
              async *connect() {
                for (let n = 0; ; n++) {
                  yield n;
                }
              }
              async *get() {
                for (let n = 0; n < 1000; n++) {
                  yield { n };
                }
              }
            }

            export class Closed extends Resource {
              static loadAsInstance = false;
              connect(target) {
                if (target.id === 'refused') {
                  const no = new Error('not today');
                  no.statusCode = 403;
                  throw no;
                }
                return (async function* () {
                  yield 'one';
                  if (target.id === 'breaks') {
                    throw new Error('broken');
                  }
                  if (target.id === 'loops') {
                    for (;;);
                  }
                })();
              }
            }
            """;

    @TempDir
    static Path directory;

    private static House house;

    @BeforeAll
    static void start() throws Exception {
        house = new House(directory, Map.of("time", "500ms", "answer", "30s"))
                .tables(House.table("Things", null, Attribute.of("n", Attribute.Type.INT)));
    }

    @BeforeEach
    void deploy() throws Exception {
        house.deploy(RESOURCES);
    }

    @AfterAll
    static void close() {
        house.close();
    }

    private static WebSocketClient socket(String path) throws Exception {
        return new WebSocketClient(house.node().webSocket(path), null);
    }

    private static EventReader events(String path) {
        return new EventReader(house.node().http(path));
    }

    @Test
    void messages_come_in_and_values_go_out() throws Exception {
        try (WebSocketClient client = socket("/Echo/7")) {
            client.send("{\"a\":1}");
            assertThat(client.nextText()).isEqualTo("{\"said\":{\"a\":1},\"at\":\"7\"}");
            client.send("plain words");
            assertThat(client.nextText()).isEqualTo("{\"said\":\"plain words\",\"at\":\"7\"}");
            for (int n = 0; n < 500; n++) {
                client.send(Integer.toString(n));
            }
            for (int n = 0; n < 500; n++) {
                assertThat(client.nextText()).isEqualTo("{\"said\":" + n + ",\"at\":\"7\"}");
            }
        }
    }

    @Test
    void a_stream_of_events_has_the_fields_that_the_script_says_and_ends_with_it() throws Exception {
        try (EventReader reader = events("/Echo/1")) {
            EventReader.Event first = reader.next();
            assertThat(first.type()).isEqualTo("hello");
            assertThat(first.data()).isEqualTo("one\ntwo");
            assertThat(first.id()).isEqualTo("first");
            assertThat(reader.next().data()).isEqualTo("{\"n\":1}");
            reader.awaitEnd();
        }
    }

    @Test
    void connections_of_one_resource_share_its_memory_and_leave_it_when_they_end() throws Exception {
        try (WebSocketClient one = socket("/Room/a");
                WebSocketClient two = socket("/Room/a")) {
            one.send("\"hi\"");
            assertThat(one.nextText()).isEqualTo("\"hi\"");
            assertThat(two.nextText()).isEqualTo("\"hi\"");
            two.close();
            one.send("\"still here\"");
            assertThat(one.nextText()).isEqualTo("\"still here\"");
        }
        try (WebSocketClient last = socket("/Room/a")) {
            long until = System.nanoTime() + 60_000_000_000L;
            String told;
            do {
                // Those who left are gone once the script has heard of it; each answer is a turn of the same memory.
                last.send("\"who\"");
                told = last.nextText();
            } while (!house.get("/Room/x").body().contains("\"open\":1") && System.nanoTime() < until);
            assertThat(told).isEqualTo("\"who\"");
        }
    }

    @Test
    void a_table_s_own_connect_tells_of_its_changes() throws Exception {
        house.node().put("Watched/1", "{\"n\":1}");
        try (EventReader reader = events("/Watched/1");
                WebSocketClient client = socket("/Watched/1")) {
            assertThat(reader.next().data()).isEqualTo("{\"type\":\"put\",\"n\":1}");
            assertThat(client.nextText()).isEqualTo("{\"type\":\"put\",\"n\":1}");
            house.node().put("Watched/1", "{\"n\":2}");
            assertThat(reader.next().data()).isEqualTo("{\"type\":\"put\",\"n\":2}");
            assertThat(client.nextText()).isEqualTo("{\"type\":\"put\",\"n\":2}");
        }
        // Nothing changes any more, and they hear all the same that nobody listens.
        long until = System.nanoTime() + 60_000_000_000L;
        boolean both = false;
        while (!both && System.nanoTime() < until) {
            both = house.get("/Left/1").body().contains("\"left\":2");
        }
        assertThat(both).isTrue();
    }

    @Test
    void values_are_made_no_faster_than_they_are_read() throws Exception {
        try (WebSocketClient client = socket("/Counting/1")) {
            for (int n = 0; n < 2_000; n++) {
                assertThat(client.nextText()).isEqualTo(Integer.toString(n));
            }
        }
        assertThat(house.get("/Counting/1").body().replace("\n", ""))
                .startsWith("[{\"n\":0},")
                .endsWith(",{\"n\":999}]");
    }

    @Test
    void what_is_refused_is_refused_before_anything_is_opened() throws Exception {
        assertThatThrownBy(() -> socket("/Closed/refused")).hasStackTraceContaining("403");
        assertThat(events("/Closed/refused").head().statusCode()).isEqualTo(403);
    }

    @Test
    void what_fails_while_it_is_open_closes_it() throws Exception {
        for (String how : new String[] {"breaks", "loops"}) {
            try (WebSocketClient client = socket("/Closed/" + how)) {
                assertThat(client.nextText()).isEqualTo("\"one\"");
                assertThat(client.awaitClose().code()).isIn(1001, 1011);
            }
            // The first copy was ended by the loop, and comes again.
            long until = System.nanoTime() + 60_000_000_000L;
            boolean back = false;
            while (!back && System.nanoTime() < until) {
                back = opens();
            }
            assertThat(back).isTrue();
        }
    }

    private static boolean opens() throws Exception {
        try (EventReader reader = events("/Echo/1")) {
            return reader.head().statusCode() == 200;
        }
    }

    @Test
    void another_version_closes_what_the_one_before_took_over() throws Exception {
        try (WebSocketClient client = socket("/Echo/1");
                EventReader reader = events("/Counting/1")) {
            reader.next();
            house.deploy(RESOURCES);
            assertThat(client.awaitClose().code()).isEqualTo(1001);
            reader.awaitEnd();
        }
    }
}
