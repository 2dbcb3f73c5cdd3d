// SPDX-License-Identifier: Apache-2.0
package dev.tarn.sse;

import static dev.tarn.testkit.Samples.person;
import static dev.tarn.testkit.Samples.toldPerson;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.EventReader;
import dev.tarn.testkit.EventReader.Event;
import dev.tarn.testkit.Node;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows with bytes beside them: events have what stands for the bytes, however many there are. */
class BlobTest {
    @TempDir
    Path directory;

    @Test
    void events_have_a_blob_s_type_and_length_now_live_and_when_resumed() throws Exception {
        try (Node node = House.start(directory)) {
            long first = node.put("People/1", person(new byte[10])).sequence();
            try (EventReader events = new EventReader(node.http("/People/"))) {
                assertThat(value(node, events.next())).isEqualTo(toldPerson(10));
                node.put("People/1", person(new byte[700_000]));
                assertThat(value(node, events.next())).isEqualTo(toldPerson(700_000));
                node.put("People/1", "{\"name\":\"Ada\"}");
                assertThat(value(node, events.next())).isEqualTo(Map.of("id", "1", "name", "Ada"));
            }
            try (EventReader events = new EventReader(node.http("/People/"), "Last-Event-ID", Long.toString(first))) {
                assertThat(value(node, events.next())).isEqualTo(toldPerson(700_000));
                assertThat(value(node, events.next())).isEqualTo(Map.of("id", "1", "name", "Ada"));
            }
        }
    }

    private static Object value(Node node, Event event) {
        assertThat(event.data().length()).isLessThan(1_000);
        return ((Map<?, ?>) node.value(event.data())).get("value");
    }
}
