// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HttpFramingTest {
    private final House house = new House(Map.of());
    private final Echo echo = new Echo("echo");
    private Wire wire;

    @BeforeEach
    void connect() throws Exception {
        house.add(echo);
        wire = house.connect();
    }

    @AfterEach
    void close() throws Exception {
        wire.close();
        house.close();
    }

    @Test
    void a_request_is_answered_and_the_connection_stays() throws Exception {
        Wire.Answer first = wire.get("/a/b%2Fc?x=1").answer();
        assertThat(first.status()).isEqualTo(200);
        assertThat(first.body()).isEqualTo("GET [a, b/c] x=1 anonymous ");
        assertThat(first.header("date")).isNotEmpty();
        assertThat(wire.get("/again").answer().body()).isEqualTo("GET [again]  anonymous ");
    }

    @Test
    void pipelined_requests_are_answered_in_order() throws Exception {
        StringBuilder many = new StringBuilder();
        for (int i = 0; i < 500; i++) {
            many.append("GET /")
                    .append(i)
                    .append(" HTTP/1.1\r\nHost: ")
                    .append(wire.host())
                    .append("\r\n\r\n");
        }
        wire.send(many.toString());
        for (int i = 0; i < 500; i++) {
            assertThat(wire.answer().body()).startsWith("GET [" + i + "]");
        }
    }

    @Test
    void a_later_pipelined_request_waits_for_an_earlier_answer() throws Exception {
        String host = " HTTP/1.1\r\nHost: " + wire.host() + "\r\n\r\n";
        wire.send("GET /wait" + host + "GET /second" + host);
        HttpExchange first = echo.waiting.take();
        first.loop().execute(() -> first.respond(Echo.text("first")));
        assertThat(wire.answer().body()).isEqualTo("first");
        assertThat(wire.answer().body()).startsWith("GET [second]");
    }

    @Test
    void a_body_arrives_whole_however_it_is_cut() throws Exception {
        wire.send("PUT /x HTTP/1.1\r\nHost: " + wire.host() + "\r\nContent-Length: 10\r\n\r\n01234");
        wire.send("56789GET /y HTTP/1.1\r\nHost: " + wire.host() + "\r\n\r\n");
        assertThat(wire.answer().body()).isEqualTo("PUT [x]  anonymous 0123456789");
        assertThat(wire.answer().body()).startsWith("GET [y]");
        wire.send("PUT /z HTTP/1.1\r\nHost: " + wire.host()
                + "\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n");
        assertThat(wire.answer().body()).isEqualTo("PUT [z]  anonymous abcde");
    }

    @Test
    void expect_continue_is_answered_before_the_body_is_sent() throws Exception {
        wire.send("PUT /x HTTP/1.1\r\nHost: " + wire.host() + "\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
        assertThat(wire.answer().status()).isEqualTo(100);
        wire.send("ok");
        assertThat(wire.answer().body()).isEqualTo("PUT [x]  anonymous ok");
    }

    @Test
    void a_body_over_the_limit_is_refused_before_it_is_sent() throws Exception {
        wire.send("PUT /x HTTP/1.1\r\nHost: " + wire.host()
                + "\r\nContent-Length: 2000000\r\nExpect: 100-continue\r\n\r\n");
        Wire.Answer answer = wire.answer();
        assertThat(answer.status()).isEqualTo(413);
        assertThat(answer.header("content-type")).isEqualTo("application/problem+json");
        assertThat(answer.header("connection")).isEqualTo("close");
        assertThat(wire.ends()).isTrue();
    }

    @Test
    void a_chunked_body_over_the_limit_is_refused_and_the_answer_can_be_read() throws Exception {
        StringBuilder body = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            body.append("10000\r\n").append("x".repeat(0x10000)).append("\r\n");
        }
        wire.send("PUT /x HTTP/1.1\r\nHost: " + wire.host() + "\r\nTransfer-Encoding: chunked\r\n\r\n" + body);
        assertThat(wire.answer().status()).isEqualTo(413);
        assertThat(wire.ends()).isTrue();
    }

    @Test
    void a_small_body_that_nobody_reads_does_not_cost_the_connection() throws Exception {
        wire.send("PUT /skip HTTP/1.1\r\nHost: " + wire.host() + "\r\nContent-Length: 5\r\n\r\nab");
        assertThat(wire.answer().body()).isEqualTo("skipped");
        wire.send("cde").get("/next");
        assertThat(wire.answer().body()).startsWith("GET [next]");
    }

    @Test
    void head_is_answered_as_get_without_the_body() throws Exception {
        wire.send("HEAD /x HTTP/1.1\r\nHost: " + wire.host() + "\r\n\r\n");
        Wire.Answer answer = wire.answer(true);
        assertThat(answer.header("content-length")).isEqualTo("20");
        wire.send("HEAD /stream HTTP/1.1\r\nHost: " + wire.host() + "\r\n\r\n");
        assertThat(wire.answer(true).header("transfer-encoding")).isEqualTo("chunked");
        assertThat(wire.get("/y").answer().body()).startsWith("GET [y]");
    }

    @Test
    void a_stream_is_chunked_for_1_1_and_ends_with_the_connection_for_1_0() throws Exception {
        assertThat(wire.get("/stream").answer().body()).isEqualTo("line 0\nline 1\nline 2\n");
        assertThat(wire.get("/y").answer().body()).startsWith("GET [y]");
        wire.send("GET /stream HTTP/1.0\r\n\r\n");
        Wire.Answer old = wire.answer();
        assertThat(old.body()).isEqualTo("line 0\nline 1\nline 2\n");
        assertThat(old.header("connection")).isEqualTo("close");
    }

    @Test
    void http_1_0_keeps_the_connection_only_when_asked() throws Exception {
        wire.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        assertThat(wire.answer().header("connection")).isEqualTo("keep-alive");
        wire.send("GET /a HTTP/1.0\r\n\r\n");
        assertThat(wire.answer().header("connection")).isEqualTo("close");
        assertThat(wire.ends()).isTrue();
    }

    @Test
    void a_protocol_that_throws_is_answered_500_and_closed() throws Exception {
        Wire.Answer answer = wire.get("/throw").answer();
        assertThat(answer.status()).isEqualTo(500);
        assertThat(wire.ends()).isTrue();
    }
}
