// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.application.Action;
import dev.tarn.api.application.Answer;
import dev.tarn.api.application.At;
import dev.tarn.api.application.Call;
import dev.tarn.api.application.Endpoint;
import dev.tarn.api.application.Request;
import dev.tarn.api.application.ResourceClasses;
import dev.tarn.api.application.Rows;
import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Path;
import dev.tarn.api.resource.Terms;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A Java class reaches other tables with its caller's rights, and with the application's own where it says so. */
class OwnRightsTest extends RightsScene {

    /** Shows a note, and writes one, with either rights. */
    @At("Peek")
    public static final class Peek extends Endpoint {
        private static Rows notes(Call call) {
            return (call.query().equals("own") ? call.own() : call.transaction()).table("Notes");
        }

        @Override
        public Object get(Call call) {
            return notes(call)
                    .get(Objects.requireNonNull(call.id()))
                    .map(row -> Objects.requireNonNull(row.body().value()))
                    .orElse(Map.of("none", true));
        }

        @Override
        public Object put(Call call) {
            notes(call).put(Objects.requireNonNull(call.id()), Objects.requireNonNull(call.body()));
            return Answer.PLAIN;
        }
    }

    @BeforeEach
    void deploy() {
        ResourceClasses found = ResourceClasses.of(List.of(NOTES), List.of(Peek.class), List.of());
        node.services().tables().deploy("peek", List.of(), found.mounts());
        role("""
                {"name":"reader","tables":[{"table":"Notes","read":["owner"],"rows":"owner=%u"},
                {"table":"Peek","read":true,"insert":true,"update":true}]}""");
    }

    /** What ada, who is a reader, is answered; the code of what she is refused with. */
    private String ada(Action action, String path, String query, String json) {
        Request request = Request.of(action, Path.of(path), json.isEmpty() ? null : node.json(json), Terms.NONE)
                .querying(query);
        try {
            Answer answer =
                    Node.await(door().call(as("ada", "reader"), request)).answer();
            return answer.said() instanceof Answer.Value value
                    ? new String(value.body().as(Bodies.JSON).bytes(), StandardCharsets.UTF_8)
                    : "done";
        } catch (Failure refused) {
            return refused.code().name();
        }
    }

    @Test
    void it_sees_and_writes_what_its_caller_may() {
        assertThat(ada(Action.GET, "Peek/1", "", "")).isEqualTo("{\"id\":\"1\",\"owner\":\"ada\"}");
        assertThat(ada(Action.GET, "Peek/2", "", "")).isEqualTo("{\"none\":true}");
        assertThat(ada(Action.PUT, "Peek/2", "", "{\"owner\":\"ada\"}")).isEqualTo(DENIED);
        assertThat(node.text("Notes/2")).contains("bob");
    }

    @Test
    void with_its_own_rights_it_sees_and_writes_everything() {
        assertThat(ada(Action.GET, "Peek/2", "own", "")).contains("\"secret\":\"y\"");
        assertThat(ada(Action.PUT, "Peek/2", "own", "{\"owner\":\"ada\"}")).isEqualTo("done");
        assertThat(node.text("Notes/2")).contains("ada");
        assertThat(ada(Action.GET, "Peek/2", "", "")).isEqualTo("{\"id\":\"2\",\"owner\":\"ada\"}");
    }
}
