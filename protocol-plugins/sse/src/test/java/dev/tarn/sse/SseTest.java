// SPDX-License-Identifier: Apache-2.0
package dev.tarn.sse;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.resource.Terms;
import dev.tarn.testkit.EventReader;
import dev.tarn.testkit.EventReader.Event;
import dev.tarn.testkit.Node;
import dev.tarn.testkit.RawClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SseTest {
    @TempDir
    Path directory;

    private Node node;

    @BeforeEach
    void start() {
        node = House.start(directory);
    }

    @AfterEach
    void close() {
        node.close();
    }

    private Map<?, ?> object(Event event) {
        return (Map<?, ?>) node.value(event.data());
    }

    /** An event as text: type and id or path, then value. */
    private String brief(Event event) {
        Map<?, ?> object = object(event);
        Object where = object.containsKey("path") ? object.get("path") : object.get("id");
        return object.get("type") + " " + where + " " + object.get("value");
    }

    @Test
    void the_current_row_comes_first_then_its_changes() throws Exception {
        long first = node.put("Sensors/101", "{\"temp\":72.5}").sequence();
        try (EventReader events = new EventReader(node.http("/Sensors/101"))) {
            Event row = events.next();
            assertThat(brief(row)).isEqualTo("put 101 {id=101, temp=72.5}");
            assertThat(row.id()).isEqualTo(Long.toString(first));
            node.put("Sensors/102", "{\"temp\":1}");
            long sequence = node.put("Sensors/101", "{\"temp\":73}").sequence();
            Event changed = events.next();
            assertThat(brief(changed)).isEqualTo("put 101 {id=101, temp=73}");
            assertThat(changed.id()).isEqualTo(Long.toString(sequence));
            assertThat(object(changed).get("version")).isInstanceOf(Long.class);
            assertThat((Long) object(changed).get("timestamp")).isGreaterThan(1_700_000_000_000L);
            node.delete("Sensors/101");
            assertThat(brief(events.next())).isEqualTo("delete 101 null");
            events.expectSilence(Duration.ofMillis(100));
        }
    }

    @Test
    void the_head_leaves_before_there_is_an_event() throws Exception {
        try (EventReader events = new EventReader(node.http("/Sensors/none"))) {
            var head = events.head();
            assertThat(head.statusCode()).isEqualTo(200);
            assertThat(head.headers().firstValue("content-type")).contains("text/event-stream; charset=utf-8");
            assertThat(head.headers().firstValue("cache-control")).contains("no-store");
            assertThat(head.headers().firstValue("x-accel-buffering")).contains("no");
        }
    }

    @Test
    void a_query_stays_and_tells_which_rows_begin_and_cease_to_match() throws Exception {
        node.put("Sensors/1", "{\"temp\":10,\"location\":\"roof\"}");
        node.put("Sensors/2", "{\"temp\":30,\"location\":\"roof\"}");
        try (EventReader events = new EventReader(node.http("/Sensors/?temp=gt=20&lt=90&select(id,temp)"))) {
            assertThat(brief(events.next())).isEqualTo("put 2 {id=2, temp=30}");
            node.put("Sensors/1", "{\"temp\":11}");
            node.put("Sensors/1", "{\"temp\":21}");
            Event entered = events.next();
            assertThat(brief(entered)).isEqualTo("enter 1 {id=1, temp=21}");
            node.put("Sensors/2", "{\"temp\":99}");
            assertThat(brief(events.next())).isEqualTo("leave 2 null");
            node.delete("Sensors/2");
            node.delete("Sensors/1");
            Event deleted = events.next();
            assertThat(brief(deleted)).isEqualTo("delete 1 null");
            try (EventReader resumed =
                    new EventReader(node.http("/Sensors/?temp=gt=20&lt=90&since=" + entered.id() + "&event=type"))) {
                assertThat(brief(resumed.next())).isEqualTo("leave 2 null");
                assertThat(brief(resumed.next())).isEqualTo("delete 1 null");
            }
        }
    }

    @Test
    void a_whole_database_is_watched() throws Exception {
        node.put("Orders/7", "{}");
        try (EventReader events = new EventReader(node.http("/?database=data"))) {
            assertThat(brief(events.next())).isEqualTo("put Orders/7 {id=7}");
            node.put("Sensors/1", "{}");
            assertThat(brief(events.next())).isEqualTo("put Sensors/1 {id=1}");
        }
    }

    @Test
    void ids_are_numbers_where_the_table_has_numbers() throws Exception {
        node.put("Orders/7", "{}");
        try (EventReader events = new EventReader(node.http("/Orders/7"))) {
            assertThat(object(events.next()).get("id")).isEqualTo(7L);
        }
    }

    @Test
    void a_patch_is_told_with_the_whole_row_and_a_message_leaves_it() throws Exception {
        node.put("Sensors/1", "{\"temp\":1,\"location\":\"roof\"}");
        try (EventReader events = new EventReader(node.http("/Sensors/1?omitCurrent"))) {
            events.head();
            Node.await(node.services()
                    .resources()
                    .patch(
                            node.context(),
                            dev.tarn.api.data.Path.of("Sensors/1"),
                            node.json("{\"temp\":2}"),
                            Terms.NONE));
            assertThat(brief(events.next())).isEqualTo("patch 1 {id=1, temp=2, location=roof}");
            node.publish("Sensors/1", "{\"temp\": 3}".getBytes(UTF_8));
            Event message = events.next();
            assertThat(object(message).get("type")).isEqualTo("message");
            assertThat(node.text("Sensors/1")).contains("2");
        }
    }

    @Test
    void what_was_missed_is_replayed_in_order_after_the_last_event_id() throws Exception {
        long first = node.put("Sensors/1", "{\"temp\":1}").sequence();
        node.put("Sensors/1", "{\"temp\":2}");
        node.delete("Sensors/1");
        node.put("Sensors/1", "{\"temp\":3}");
        for (String[] how : new String[][] {
            {"/Sensors/1?since=" + first, "X-Nothing", ""},
            {"/Sensors/1", "Last-Event-ID", Long.toString(first)},
            {"/Sensors/1?since=0", "Last-Event-ID", Long.toString(first)}
        }) {
            try (EventReader events = new EventReader(node.http(how[0]), how[1], how[2])) {
                assertThat(events.next(3).stream().map(this::brief))
                        .containsExactly("put 1 {id=1, temp=2}", "delete 1 null", "put 1 {id=1, temp=3}");
                events.expectSilence(Duration.ofMillis(50));
            }
        }
    }

    @Test
    void a_stream_begins_at_a_moment_or_some_changes_back() throws Exception {
        node.put("Sensors/1", "{\"temp\":1}");
        long moment = node.put("Sensors/1", "{\"temp\":2}").timestamp();
        node.put("Orders/1", "{}");
        node.put("Sensors/1", "{\"temp\":3}");
        try (EventReader events = new EventReader(node.http("/Sensors/1?previousCount=2"))) {
            assertThat(events.next(2).stream().map(this::brief))
                    .containsExactly("put 1 {id=1, temp=2}", "put 1 {id=1, temp=3}");
            events.expectSilence(Duration.ofMillis(50));
        }
        try (EventReader events = new EventReader(node.http("/Sensors/1?startTime=" + (moment + 3_600_000)))) {
            events.head();
            events.expectSilence(Duration.ofMillis(50));
            node.put("Sensors/1", "{\"temp\":4}");
            assertThat(brief(events.next())).isEqualTo("put 1 {id=1, temp=4}");
        }
        try (EventReader events = new EventReader(node.http("/Sensors/1?startTime=0"))) {
            assertThat(events.next(4).stream().map(this::brief))
                    .containsExactly(
                            "put 1 {id=1, temp=1}",
                            "put 1 {id=1, temp=2}",
                            "put 1 {id=1, temp=3}",
                            "put 1 {id=1, temp=4}");
        }
    }

    @Test
    void a_browser_that_saw_no_change_still_knows_where_to_resume() throws Exception {
        long sequence = node.put("Sensors/1", "{\"temp\":1}").sequence();
        try (RawClient client = stream("/Sensors/1")) {
            client.readHttpHead();
            String text = readUntil(client, "\nid: ");
            assertThat(text).contains("retry: 1000\n\n").contains("data: {").doesNotContain("event:");
            assertThat(readUntil(client, "\n\n")).isEqualTo(sequence + "\n\n");
        }
    }

    @Test
    void the_last_current_row_has_the_sequence_of_all_of_them() throws Exception {
        node.put("Sensors/2", "{\"temp\":2}");
        long sequence = node.put("Sensors/1", "{\"temp\":1}").sequence();
        try (EventReader events = new EventReader(node.http("/Sensors/"))) {
            assertThat(events.next().id()).isNull();
            assertThat(events.next().id()).isEqualTo(Long.toString(sequence));
        }
    }

    @Test
    void a_stream_without_current_rows_says_at_once_from_where_to_resume() throws Exception {
        long sequence = node.put("Sensors/1", "{\"temp\":1}").sequence();
        try (RawClient client = stream("/Sensors/1?omitCurrent")) {
            client.readHttpHead();
            assertThat(readUntil(client, "id: ")).doesNotContain("data:");
            assertThat(readUntil(client, "\n\n")).isEqualTo(sequence + "\n\n");
        }
    }

    @Test
    void a_sequence_that_never_was_resets_to_the_current_rows() throws Exception {
        node.put("Sensors/1", "{\"temp\":1}");
        try (EventReader events = new EventReader(node.http("/Sensors/1?since=999999999"))) {
            assertThat(events.next().data()).isEqualTo("{\"type\":\"reset\"}");
            assertThat(brief(events.next())).isEqualTo("put 1 {id=1, temp=1}");
            node.put("Sensors/1", "{\"temp\":2}");
            assertThat(brief(events.next())).isEqualTo("put 1 {id=1, temp=2}");
        }
    }

    @Test
    void the_event_field_names_the_type_on_request() throws Exception {
        node.put("Sensors/1", "{\"temp\":1}");
        try (EventReader events = new EventReader(node.http("/Sensors/1?event=type"))) {
            assertThat(events.next().type()).isEqualTo("put");
            node.delete("Sensors/1");
            assertThat(events.next().type()).isEqualTo("delete");
        }
    }

    @Test
    void a_missing_resource_is_told_where_unmapped_paths_are_refused() throws Exception {
        try (Node strict = House.in(directory.resolve("strict"), Map.of())
                .configure("engine", "unmappedPaths", "refuse")
                .start()) {
            assertThat(new EventReader(strict.http("/nothing/here")).head().statusCode())
                    .isEqualTo(404);
        }
    }

    @Test
    void nobody_streams_without_a_password_where_one_is_needed() throws Exception {
        try (Node locked =
                House.in(directory.resolve("locked"), Map.of()).passwords().start()) {
            assertThat(new EventReader(locked.http("/a")).head().statusCode()).isEqualTo(401);
        }
    }

    @Test
    void an_idle_stream_is_kept_alive_by_comments() throws Exception {
        try (Node quick = House.in(directory.resolve("quick"), Map.of("heartbeat", "1s", "retry", "5s"))
                        .start();
                EventReader events = new EventReader(quick.http("/a"))) {
            events.comment(Duration.ofSeconds(60));
            events.comment(Duration.ofSeconds(60));
            assertThat(events.retry()).isEqualTo("5000");
        }
    }

    @Test
    void a_stream_ends_when_the_protocol_is_removed() throws Exception {
        try (EventReader events = new EventReader(node.http("/a"))) {
            events.head();
            node.close();
            events.awaitEnd();
        }
    }

    private RawClient stream(String url, String... headers) throws IOException {
        RawClient client = new RawClient(node.port("http"));
        client.sendText("GET " + url + " HTTP/1.1\r\nHost: localhost:" + node.port("http")
                + "\r\nAccept: text/event-stream\r\n"
                + (headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n") + "\r\n");
        return client;
    }

    /** What comes up to and with this text, without the borders of chunks. */
    private static String readUntil(RawClient client, String end) throws IOException {
        StringBuilder text = new StringBuilder();
        while (text.indexOf(end) < 0) {
            text.append((char) client.read(1)[0]);
            int border = text.indexOf("\r\n");
            if (border >= 0) {
                text.delete(text.lastIndexOf("\n", border) + 1, border + 2);
            }
        }
        return text.toString();
    }

    @Test
    void a_flag_that_says_false_is_off() throws Exception {
        node.put("Sensors/1", "{}");
        try (EventReader events = new EventReader(node.http("/Sensors/1?event=type&omitCurrent=false"))) {
            assertThat(brief(events.next())).isEqualTo("put 1 {id=1}");
        }
    }
}
