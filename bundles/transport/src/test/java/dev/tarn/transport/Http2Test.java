// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** HTTP/2 with prior knowledge, told frame by frame. */
class Http2Test {
    private final House house = new House(Map.of("bodyLimit", "32KB"), Map.of("drain", "60s"));
    private final Echo echo = new Echo("echo");
    private Frames frames;

    @BeforeEach
    void connect() throws IOException {
        house.add(echo);
        frames = new Frames(house.address());
    }

    @AfterEach
    void close() throws IOException {
        frames.close();
        house.close();
    }

    @Test
    void a_request_is_answered_and_the_connection_stays() throws Exception {
        frames.preface();
        frames.get(1, "/a/b%2Fc?x=1");
        assertThat(frames.answer(1)).isEqualTo("200 GET [a, b/c] x=1 anonymous ");
        frames.get(3, "/again");
        assertThat(frames.answer(3)).isEqualTo("200 GET [again]  anonymous ");
    }

    @Test
    void a_body_arrives_whole() throws Exception {
        frames.preface();
        frames.headers(1, false, "POST", "/post");
        frames.data(1, false, "hello ");
        frames.data(1, true, "world");
        assertThat(frames.answer(1)).isEqualTo("200 POST [post]  anonymous hello world");
    }

    @Test
    void a_slow_answer_holds_up_no_other() throws Exception {
        frames.preface();
        frames.get(1, "/wait");
        frames.get(3, "/quick");
        assertThat(frames.answer(3)).startsWith("200 GET [quick]");
        HttpExchange slow = echo.waiting.poll(30, TimeUnit.SECONDS);
        slow.loop().execute(() -> slow.respond(Echo.text("at last")));
        assertThat(frames.answer(1)).isEqualTo("200 at last");
    }

    @Test
    void an_answer_of_unknown_length_is_streamed() throws Exception {
        frames.preface();
        frames.get(1, "/stream");
        assertThat(frames.answer(1)).isEqualTo("200 line 0\nline 1\nline 2\n");
    }

    @Test
    void an_answer_to_head_has_no_body() throws Exception {
        frames.preface();
        frames.headers(1, true, "HEAD", "/a");
        assertThat(frames.answer(1)).isEqualTo("200 ");
    }

    @Test
    void a_body_that_nobody_wants_is_stopped_without_blame() throws Exception {
        frames.preface();
        frames.headers(1, false, "POST", "/skip");
        assertThat(frames.answer(1)).isEqualTo("200 skipped");
        assertThat(frames.reset(1)).isZero();
        frames.get(3, "/next");
        assertThat(frames.answer(3)).startsWith("200 GET [next]");
    }

    @Test
    void a_body_over_the_limit_is_refused_and_others_go_on() throws Exception {
        frames.preface();
        frames.headers(1, false, "POST", "/post");
        String piece = "x".repeat(16_000);
        for (int i = 0; i < 2; i++) {
            frames.data(1, false, piece);
        }
        frames.data(1, false, "x".repeat(1_000));
        assertThat(frames.answer(1)).startsWith("413 ");
        frames.get(3, "/next");
        assertThat(frames.answer(3)).startsWith("200 ");
    }

    @Test
    void a_request_that_is_reset_is_told_that_its_peer_is_gone() throws Exception {
        frames.preface();
        frames.get(1, "/endless");
        HttpExchange.HttpStream stream = echo.streams.poll(30, TimeUnit.SECONDS);
        CompletableFuture<Void> gone = stream.closed().toCompletableFuture();
        frames.sendReset(1, 8);
        gone.get(30, TimeUnit.SECONDS);
        frames.get(3, "/next");
        assertThat(frames.answer(3)).startsWith("200 ");
    }

    @Test
    void rapid_resets_end_the_connection() throws Exception {
        frames.preface();
        boolean cut = false;
        for (int i = 0; i < 5_000 && !cut; i++) {
            int stream = 2 * i + 1;
            cut = !frames.tryGet(stream, "/wait") || !frames.trySendReset(stream, 8);
        }
        assertThat(frames.goneAway()).isTrue();
    }

    /** CVE-2025-8671: the peer makes the server do the resetting, by moving a window by nothing. */
    @Test
    void resets_that_a_peer_provokes_end_the_connection() throws Exception {
        frames.preface();
        boolean cut = false;
        for (int i = 0; i < 5_000 && !cut; i++) {
            int stream = 2 * i + 1;
            cut = !frames.tryGet(stream, "/wait") || !frames.trySend(frames.frame(8, 0, stream, new byte[4]));
        }
        assertThat(frames.goneAway()).isTrue();
    }

    @Test
    void pings_whose_answers_are_not_read_end_the_connection() throws Exception {
        frames.preface();
        boolean open = true;
        byte[] pings = frames.pings(4_096);
        for (int i = 0; i < 2_000 && open; i++) {
            open = frames.trySend(pings);
        }
        assertThat(open).isFalse();
    }

    @Test
    void a_head_without_an_end_ends_the_connection() throws Exception {
        frames.preface();
        frames.send(1, 1, 0, new byte[16]);
        boolean open = true;
        byte[] continuation = frames.frame(9, 0, 1, new byte[16]);
        for (int i = 0; i < 100_000 && open; i++) {
            open = frames.trySend(continuation);
        }
        assertThat(frames.goneAway()).isTrue();
    }

    @Test
    void what_is_malformed_ends_its_stream_only() throws Exception {
        frames.preface();
        frames.block(1, true, ":method", "GET", ":path", "/a", ":authority", frames.host());
        assertThat(frames.reset(1)).isEqualTo(1);
        frames.block(
                3,
                true,
                ":method",
                "GET",
                ":scheme",
                "http",
                ":path",
                "/a",
                ":authority",
                frames.host(),
                "connection",
                "close");
        assertThat(frames.reset(3)).isEqualTo(1);
        frames.block(
                5,
                true,
                ":method",
                "GET",
                ":scheme",
                "http",
                ":path",
                "/a",
                ":authority",
                frames.host(),
                "host",
                "elsewhere");
        assertThat(frames.reset(5)).isEqualTo(1);
        frames.get(7, "/next");
        assertThat(frames.answer(7)).startsWith("200 ");
    }

    @Test
    void a_foreign_host_is_misdirected() throws Exception {
        frames.preface();
        frames.block(1, true, ":method", "GET", ":scheme", "http", ":path", "/a", ":authority", "elsewhere.example");
        assertThat(frames.answer(1)).startsWith("421 ");
    }

    @Test
    void requests_beyond_those_in_work_wait_and_are_answered() throws Exception {
        frames.preface();
        for (int i = 0; i < 100; i++) {
            frames.get(2 * i + 1, "/wait");
        }
        for (int i = 0; i < 100; i++) {
            HttpExchange next = echo.waiting.poll(30, TimeUnit.SECONDS);
            assertThat(echo.waiting.size()).isLessThan(32);
            next.loop().execute(() -> next.respond(Echo.text("ok")));
        }
        for (int i = 0; i < 100; i++) {
            assertThat(frames.answer(2 * i + 1)).isEqualTo("200 ok");
        }
    }

    @Test
    void when_the_server_stops_what_runs_is_finished() throws Exception {
        frames.preface();
        frames.get(1, "/wait");
        HttpExchange running = echo.waiting.poll(30, TimeUnit.SECONDS);
        Thread stop = new Thread(house.listener::close);
        stop.start();
        assertThat(frames.goneAway()).isTrue();
        running.loop().execute(() -> running.respond(Echo.text("done")));
        assertThat(frames.answer(1)).isEqualTo("200 done");
        stop.join(TimeUnit.SECONDS.toMillis(30));
        assertThat(stop.isAlive()).isFalse();
    }

    @Test
    void bodies_are_held_by_their_windows_until_wanted() throws Exception {
        frames.preface();
        frames.headers(1, false, "POST", "/wait");
        frames.data(1, false, "x".repeat(16_000));
        HttpExchange waiting = echo.waiting.poll(30, TimeUnit.SECONDS);
        frames.get(3, "/other");
        assertThat(frames.answer(3)).startsWith("200 ");
        assertThat(frames.windowUpdates()).isZero();
        waiting.loop()
                .execute(() -> waiting.body(1 << 16)
                        .thenAccept(body -> waiting.respond(Echo.text(String.valueOf(body.length)))));
        frames.data(1, true, "x".repeat(16_000));
        assertThat(frames.answer(1)).isEqualTo("200 32000");
    }

    @Test
    void a_preface_in_pieces_is_one() throws Exception {
        for (byte b : "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII)) {
            frames.raw(new byte[] {b});
        }
        frames.settings();
        frames.get(1, "/a");
        assertThat(frames.answer(1)).startsWith("200 GET [a]");
    }

    @Test
    void what_only_begins_like_a_preface_is_a_bad_request() throws Exception {
        frames.raw("PRI * HTTP/2.0\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        InputStream in = frames.in();
        assertThat(new String(in.readNBytes(12), StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 400");
    }
}
