// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Answers with what was asked: {@code METHOD segments query user body}. {@code /stream} sends lines in chunks,
 * {@code /wait} leaves the exchange to the test, {@code /skip} answers without reading the body.
 */
final class Echo implements HttpProtocol {
    final LinkedBlockingQueue<HttpExchange> waiting = new LinkedBlockingQueue<>();
    final LinkedBlockingQueue<HttpExchange.HttpStream> streams = new LinkedBlockingQueue<>();
    private final String name;

    Echo(String name) {
        this.name = name;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean accepts(HttpRequest head) {
        return !head.uri().startsWith("/nobody");
    }

    @Override
    public void open(HttpExchange exchange) {
        switch (exchange.path()) {
            case "/wait" -> waiting.add(exchange);
            case "/throw" -> throw new IllegalStateException("thrown by the test");
            case "/skip" -> exchange.respond(text("skipped"));
            case "/stream" -> {
                HttpExchange.HttpStream stream =
                        exchange.stream(new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK));
                for (int i = 0; i < 3; i++) {
                    stream.write(Unpooled.copiedBuffer("line " + i + "\n", StandardCharsets.US_ASCII));
                }
                stream.finish();
            }
            case "/endless" -> {
                HttpExchange.HttpStream stream =
                        exchange.stream(new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK));
                streams.add(stream);
            }
            default ->
                exchange.body(1 << 20).whenComplete((body, failure) -> {
                    if (failure != null) {
                        exchange.fail(failure);
                    } else {
                        exchange.respond(text(exchange.head().method() + " " + exchange.segments() + " "
                                + exchange.query() + " "
                                + exchange.context().user().name() + " "
                                + new String(body, StandardCharsets.UTF_8)));
                    }
                });
        }
    }

    static FullHttpResponse text(String text) {
        return new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.OK, Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
    }
}
