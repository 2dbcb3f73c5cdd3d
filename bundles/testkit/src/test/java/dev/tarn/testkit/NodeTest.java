// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscriber;
import dev.tarn.api.resource.Subscription;
import dev.tarn.api.security.Credentials;
import dev.tarn.transport.HttpExchange;
import dev.tarn.transport.HttpProtocol;
import dev.tarn.transport.StreamProtocol;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeTest {

    private static final Table SENSORS = new Table(
            "data",
            "Sensors",
            "Sensors",
            List.of(
                    Attribute.primaryKey("id", Attribute.Type.ID),
                    Attribute.of("location", Attribute.Type.STRING),
                    Attribute.of("temp", Attribute.Type.FLOAT)),
            Table.Rules.DECLARED);

    @TempDir
    Path directory;

    /** Sends back what comes. */
    private static final class Echo implements StreamProtocol {
        @Override
        public String name() {
            return "echo";
        }

        @Override
        public Match match(ByteBuf firstBytes) {
            return Match.YES;
        }

        @Override
        public void open(ChannelPipeline pipeline) {
            pipeline.addLast(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext channel, Object bytes) {
                    channel.writeAndFlush(bytes);
                }
            });
        }
    }

    /** Answers with the row at the path. */
    private record Rows(Node.Services services) implements HttpProtocol {
        @Override
        public String name() {
            return "rows";
        }

        @Override
        public boolean accepts(HttpRequest head) {
            return true;
        }

        @Override
        public void open(HttpExchange exchange) {
            services.resources()
                    .get(exchange.context(), dev.tarn.api.data.Path.of(exchange.segments()))
                    .whenComplete((row, failure) -> exchange.loop().execute(() -> {
                        if (failure != null) {
                            exchange.fail(failure);
                            return;
                        }
                        byte[] bytes =
                                row.orElseThrow().body().as("application/json").bytes();
                        exchange.respond(new DefaultFullHttpResponse(
                                HttpVersion.HTTP_1_1, HttpResponseStatus.OK, Unpooled.wrappedBuffer(bytes)));
                    }));
        }
    }

    /** Keeps what it is told. */
    private static final class Kept implements Subscriber {
        final BlockingQueue<String> told = new LinkedBlockingQueue<>();

        @Override
        public void deliver(List<Delivery> batch) {
            for (Delivery delivery : batch) {
                told.add((delivery.current() ? "current " : "")
                        + delivery.change().kind() + " " + delivery.change().path());
            }
        }

        @Override
        public void missed(long changes) {
            told.add("missed " + changes);
        }

        @Override
        public void current(Subscription subscription, long sequence) {
            told.add("all current");
        }

        @Override
        public void reset(Subscription subscription) {
            told.add("reset");
        }

        @Override
        public void ended(Failure why) {
            told.add("ended " + why.code());
        }

        String next() throws InterruptedException {
            return String.valueOf(told.poll(60, TimeUnit.SECONDS));
        }
    }

    @Test
    void a_row_is_there_after_a_restart() {
        Node first = Node.in(directory).start().deploy(SENSORS);
        first.put("Sensors/101", "{\"temp\":72.5,\"location\":\"warehouse\"}");

        try (Node second = first.restart()) {
            assertThat(second.value(second.text("sensors/101")))
                    .isEqualTo(second.value("{\"id\":\"101\",\"temp\":72.5,\"location\":\"warehouse\"}"));
            second.delete("Sensors/101");
            assertThat(second.text("Sensors/101")).isEqualTo("absent");
        }
    }

    @Test
    void a_subscriber_gets_the_rows_then_changes_and_messages() throws Exception {
        try (Node node = Node.in(directory).start().deploy(SENSORS)) {
            node.put("Sensors/101", "{\"temp\":1}");
            Kept kept = new Kept();
            var loop = node.services().loops().group().next();
            Mailbox mailbox = loop.submit(() -> node.services().resources().mailbox(node.context(), loop, kept))
                    .get();
            loop.submit(() -> {
                        mailbox.subscribe(dev.tarn.api.data.Filter.of("sensors/#"), Start.CURRENT, null);
                        mailbox.request(100);
                    })
                    .get();

            assertThat(kept.next()).isEqualTo("current PUT Sensors/101");
            assertThat(kept.next()).isEqualTo("all current");
            node.put("Sensors/102", "{\"temp\":2}");
            assertThat(kept.next()).isEqualTo(Kind.PUT + " Sensors/102");
            node.publish("Sensors/102", "hello".getBytes(StandardCharsets.UTF_8));
            assertThat(kept.next()).isEqualTo(Kind.MESSAGE + " Sensors/102");
            node.delete("Sensors/102");
            assertThat(kept.next()).isEqualTo(Kind.DELETE + " Sensors/102");
        }
    }

    @Test
    void protocols_get_listeners_of_their_own() throws Exception {
        try (Node node = Node.in(directory).stream(services -> new Echo())
                .http(0, Rows::new)
                .start()
                .deploy(SENSORS)) {
            try (RawClient raw = new RawClient(node.port("echo"))) {
                raw.send("01 02 FF").expect("0102FF").finish();
            }
            node.put("Sensors/7", "{\"temp\":7.5}");
            HttpResponse<String> answer = HttpClient.newHttpClient()
                    .send(
                            java.net.http.HttpRequest.newBuilder(node.http("/Sensors/7"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(node.value(answer.body())).isEqualTo(node.value("{\"id\":\"7\",\"temp\":7.5}"));
            assertThatThrownBy(() -> node.port("mqtt")).hasMessageContaining("mqtt");
        }
    }

    /** A component with an optional reference. */
    public record Part(Resources resources, @Nullable Runnable optional, Config config) {
        /** Its configuration. */
        public @interface Config {
            int size() default 3;
        }
    }

    /** A component with a reference that nothing here satisfies. */
    public record Missing(Runnable needed) {}

    @Test
    void components_are_made_of_services_and_configuration() {
        try (Node node = Node.in(directory).start()) {
            Part part = node.services().make(Part.class, Map.of("size", 7));

            assertThat(part.resources()).isSameAs(node.services().resources());
            assertThat(part.optional()).isNull();
            assertThat(part.config().size()).isEqualTo(7);
            assertThatThrownBy(() -> node.services().make(Missing.class)).hasMessageContaining("needs a");
        }
    }

    @Test
    void passwords_are_asked_for_when_wanted() {
        try (Node node = Node.in(directory).passwords().start()) {
            InetSocketAddress from = InetSocketAddress.createUnresolved("client", 1);
            assertThat(Node.await(node.services()
                                    .users()
                                    .authenticate(
                                            new Credentials.Password(
                                                    Node.ADMINISTRATOR, Node.PASSWORD.getBytes(StandardCharsets.UTF_8)),
                                            from))
                            .administrator())
                    .isTrue();
            assertThatThrownBy(() -> Node.await(node.services().users().authenticate(new Credentials.Nothing(), from)))
                    .isInstanceOfSatisfying(
                            Failure.class,
                            failure -> assertThat(failure.code()).isEqualTo(Failure.Code.UNAUTHENTICATED));
        }
    }

    @Test
    void a_directory_in_use_is_refused_and_free_again_after_closing() {
        try (Node node = Node.in(directory).start()) {
            assertThat(node.services().store().sequence()).isNotNegative();
            assertThatThrownBy(() -> Node.in(directory).start().close()).isInstanceOf(RuntimeException.class);
        }
        Node.in(directory).start().close();
    }

    @Test
    void closing_leaves_no_thread_of_ours() {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        Node.in(directory).stream(services -> new Echo()).start().close();

        // Netty keeps one thread for goodbyes; Xodus keeps daemons until the machine ends.
        assertThat(Thread.getAllStackTraces().keySet())
                .filteredOn(thread -> !before.contains(thread) && thread.isAlive() && !thread.isDaemon())
                .extracting(Thread::getName)
                .allMatch(name -> name.startsWith("globalEventExecutor"));
    }
}
