// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Callers of a protocol that is away: for a moment while it is updated, or longer. */
class AbsenceTest {
    private final House house = new House(Map.of());
    private final Echo echo = new Echo("echo");

    @AfterEach
    void close() {
        house.close();
    }

    @Test
    void a_connection_made_while_its_protocol_is_away_is_served_when_it_is_back() throws Exception {
        house.add(echo);
        house.listener.removeProtocol(house.http);
        try (Wire early = house.connect();
                Wire silent = house.connect()) {
            early.get("/early");
            early.get("/pipelined");
            house.listener.addProtocol(house.http);
            assertThat(early.answer().body()).startsWith("GET [early]");
            assertThat(early.answer().body()).startsWith("GET [pipelined]");
            assertThat(silent.get("/later").answer().body()).startsWith("GET [later]");
        }
    }

    @Test
    void a_caller_of_a_protocol_that_stays_away_is_closed_whether_it_speaks_or_not() throws Exception {
        house.listener.removeProtocol(house.http);
        try (Wire speaking = house.connect();
                Wire silent = house.connect()) {
            speaking.get("/x");
            assertThat(speaking.ends()).isTrue();
            assertThat(silent.ends()).isTrue();
        }
    }

    @Test
    void a_request_whose_protocol_is_away_is_answered_when_it_is_back_and_refused_when_it_stays_away()
            throws Exception {
        try (Wire wire = house.connect()) {
            wire.get("/a").get("/b");
            house.add(echo);
            assertThat(wire.answer().body()).startsWith("GET [a]");
            assertThat(wire.answer().body()).startsWith("GET [b]");
            house.http.removeProtocol(echo);
            Wire.Answer refused = wire.get("/c").answer();
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.header("retry-after")).isEqualTo("1");
        }
    }
}
