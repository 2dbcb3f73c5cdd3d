// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.testkit.Configs;
import dev.tarn.testkit.Node;
import dev.tarn.testkit.RawClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WrongPasswordsTest {
    @TempDir
    Path directory;

    private static String head(Node node, String name, String password) throws IOException {
        String credentials =
                Base64.getEncoder().encodeToString((name + ":" + password).getBytes(StandardCharsets.UTF_8));
        try (RawClient client = new RawClient(node.port("http"))) {
            client.sendText(
                    "GET /Sensors/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic " + credentials + "\r\n\r\n");
            return client.readHttpHead();
        }
    }

    /** RFC 6585 §4: 429 says when to try again; whoever comes with another name need not wait. */
    @Test
    void who_tries_passwords_is_told_to_wait() throws Exception {
        Node.Setup setup = Node.in(directory)
                .http(
                        0,
                        services -> new RestProtocol(
                                services.resources(),
                                services.tables(),
                                services.bodies(),
                                Configs.of(RestProtocol.Config.class, Map.of())))
                .passwords();
        try (Node node = setup.start().deploy(House.SENSORS)) {
            List<String> heads = new ArrayList<>();
            // Each wrong one beyond the fifth doubles the time, so that it is met however slow this machine is.
            while (heads.stream().noneMatch(head -> head.startsWith("HTTP/1.1 429 ")) && heads.size() < 40) {
                heads.add(head(node, "somebody", "guess" + heads.size()));
            }
            assertThat(heads.subList(0, 5)).allMatch(head -> head.startsWith("HTTP/1.1 401 "));
            assertThat(heads.get(heads.size() - 1))
                    .startsWith("HTTP/1.1 429 ")
                    .containsPattern("(?i)retry-after: [1-9]");
            assertThat(head(node, Node.ADMINISTRATOR, Node.PASSWORD)).startsWith("HTTP/1.1 200 ");
        }
    }
}
