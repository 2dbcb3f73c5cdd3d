// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import static dev.tarn.testkit.Samples.person;
import static dev.tarn.testkit.Samples.toldPerson;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.Node;
import dev.tarn.testkit.WebSocketClient;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows with bytes beside them: messages have what stands for the bytes, however many there are, and may bring bytes. */
class BlobTest {
    @TempDir
    Path directory;

    @Test
    void messages_have_a_blob_s_type_and_length_and_may_bring_bytes() throws Exception {
        try (Node node = House.start(directory)) {
            node.put("People/1", person(new byte[700_000]));
            try (WebSocketClient watching = new WebSocketClient(node.webSocket("/People/"), null);
                    WebSocketClient writing = new WebSocketClient(node.webSocket("/?subscribe=false"), null)) {
                assertThat(value(node, watching)).isEqualTo(toldPerson(700_000));
                writing.send(
                        "{\"type\":\"put\",\"ref\":7,\"path\":\"People/1\",\"value\":" + person(new byte[20]) + "}");
                Map<?, ?> answer = (Map<?, ?>) node.value(writing.nextText());
                assertThat(answer.get("type")).isEqualTo("ok");
                assertThat(value(node, watching)).isEqualTo(toldPerson(20));
                // As it was read: the reference that the row has keeps the bytes.
                writing.send("{\"type\":\"put\",\"ref\":7,\"path\":\"People/1\",\"value\":{\"name\":\"Ada\","
                        + "\"photo\":{\"contentType\":\"application/octet-stream\",\"length\":20}}}");
                assertThat(((Map<?, ?>) node.value(writing.nextText())).get("type"))
                        .isEqualTo("ok");
                assertThat(value(node, watching)).isEqualTo(toldPerson(20));
            }
        }
    }

    private static Object value(Node node, WebSocketClient client) throws InterruptedException {
        String text = client.nextText();
        assertThat(text.length()).isLessThan(1_000);
        return ((Map<?, ?>) node.value(text)).get("value");
    }
}
