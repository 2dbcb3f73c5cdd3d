// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.application.At;
import dev.tarn.api.application.Call;
import dev.tarn.api.application.Endpoint;
import dev.tarn.api.application.Export;
import dev.tarn.api.application.Id;
import dev.tarn.api.application.Outgoing;
import dev.tarn.api.application.ResourceClasses;
import dev.tarn.api.application.Table;
import dev.tarn.api.application.TableResource;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.testkit.Node;
import dev.tarn.testkit.WebSocketClient;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connections that resources in Java take over. */
class TakeoverTest {

    private static final long PATIENCE_SECONDS = 60;

    /** Connections of {@link Echo} that are over. */
    private static final Semaphore LEFT = new Semaphore(0);

    /** Lets {@link Slow} read. */
    private static final CountDownLatch GO = new CountDownLatch(1);

    private static final AtomicInteger READ = new AtomicInteger();

    @TempDir
    static Path directory;

    private static Node node;

    /** Notes as they are written. */
    @Table("Notes")
    @Export
    public record Notes(@Id String id, String text) {}

    /** A table whose connections write it. */
    public static final class NotesResource extends TableResource<Notes> {
        @Override
        public Flow.Publisher<?> connect(Call call, Flow.Publisher<Body> incoming) {
            Outgoing outgoing = new Outgoing();
            return outgoing.reading(incoming, message -> {
                String text = String.valueOf(message.value());
                call.later(transaction -> transaction
                                .table("Notes")
                                .put(String.valueOf(call.id()), call.bodies().of(Map.of("text", text))))
                        .whenComplete((outcome, failure) -> {
                            if (failure == null) {
                                outgoing.send(Map.of("kept", text));
                            } else {
                                outgoing.fail(failure);
                            }
                        });
            });
        }
    }

    /** Says what it hears. */
    @At("Echo")
    public static final class Echo extends Endpoint {
        @Override
        public Flow.Publisher<?> connect(Call call, Flow.Publisher<Body> incoming) {
            if ("nobody".equals(call.id())) {
                throw new Failure(Failure.Code.FORBIDDEN, "not for you");
            }
            Outgoing outgoing = new Outgoing().whenClosed(LEFT::release);
            return outgoing.reading(incoming, message -> {
                if (message.structured() && "break".equals(message.value())) {
                    throw new IllegalStateException("broken");
                } else if (message.structured() && "bye".equals(message.value())) {
                    outgoing.send("bye");
                    outgoing.close();
                } else {
                    outgoing.send(message);
                }
            });
        }
    }

    /** Takes its time. */
    @At("Slow")
    public static final class Slow extends Endpoint {
        @Override
        public Flow.Publisher<?> connect(Call call, Flow.Publisher<Body> incoming) {
            Outgoing outgoing = new Outgoing();
            return outgoing.reading(incoming, message -> {
                GO.await();
                outgoing.send(READ.incrementAndGet());
            });
        }

        @Override
        public java.time.Duration limit() {
            return java.time.Duration.ofMinutes(5);
        }
    }

    @BeforeAll
    static void start() {
        READ.set(0);
        node = House.in(directory, Map.of("messageLimit", "64KB")).start();
        deploy();
    }

    private static void deploy() {
        ResourceClasses classes = ResourceClasses.of(
                List.of(), List.of(Notes.class, NotesResource.class, Echo.class, Slow.class), List.of());
        node.services().tables().deploy("test", classes.tables(), classes.mounts());
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    private static WebSocketClient socket(String path, String subprotocol) throws Exception {
        return new WebSocketClient(node.webSocket(path), subprotocol);
    }

    @Test
    void every_message_is_the_application_s_own() throws Exception {
        try (WebSocketClient client = socket("/Echo/1", null)) {
            client.send("{\"n\":1}");
            assertThat(client.nextText()).isEqualTo("{\"n\":1}");
            client.send("words");
            assertThat(client.nextText()).isEqualTo("words");
            client.send(new byte[] {1, 2, 3});
            assertThat(client.nextBytes()).containsExactly(1, 2, 3);
            client.send("x".repeat(60_000));
            assertThat(client.nextText()).hasSize(60_000);
            client.send("\"bye\"");
            assertThat(client.nextText()).isEqualTo("\"bye\"");
            assertThat(client.awaitClose().code()).isEqualTo(1000);
        }
        try (WebSocketClient client = socket("/Echo/1", "cbor")) {
            client.send("{\"n\":1}");
            assertThat(client.nextBytes()).containsExactly(0xA1, 0x61, 0x6E, 0x01);
        }
    }

    @Test
    void what_comes_in_is_written_in_transactions_of_its_own() throws Exception {
        try (WebSocketClient client = socket("/Notes/7", null)) {
            for (String text : new String[] {"one", "two"}) {
                client.send("\"" + text + "\"");
                assertThat(client.nextText()).isEqualTo("{\"kept\":\"" + text + "\"}");
                assertThat(node.text("Notes/7")).contains("\"text\":\"" + text + "\"");
            }
        }
    }

    @Test
    void a_refusal_is_told_before_and_a_mistake_closes() throws Exception {
        assertThatThrownBy(() -> socket("/Echo/nobody", null)).hasStackTraceContaining("403");
        try (WebSocketClient client = socket("/Echo/1", null)) {
            client.send("\"break\"");
            assertThat(client.awaitClose().code()).isEqualTo(1011);
        }
    }

    @Test
    void who_does_not_read_is_not_sent_more_than_fits() throws Exception {
        try (WebSocketClient client = socket("/Slow/1", null)) {
            for (int n = 0; n < 200; n++) {
                client.send(Integer.toString(n));
            }
            GO.countDown();
            for (int n = 1; n <= 200; n++) {
                assertThat(client.nextText()).isEqualTo(Integer.toString(n));
            }
        }
    }

    @Test
    void the_application_hears_of_who_leaves_and_another_version_closes() throws Exception {
        LEFT.drainPermits();
        try (WebSocketClient client = socket("/Echo/1", null)) {
            client.send("\"hello\"");
            assertThat(client.nextText()).isEqualTo("\"hello\"");
        }
        assertThat(LEFT.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        try (WebSocketClient client = socket("/Echo/1", null)) {
            client.send("\"hello\"");
            assertThat(client.nextText()).isEqualTo("\"hello\"");
            deploy();
            WebSocketClient.Close closed = client.awaitClose();
            assertThat(closed.code()).isEqualTo(1001);
            assertThat(closed.reason()).contains("replaced");
        }
        assertThat(LEFT.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    }
}
