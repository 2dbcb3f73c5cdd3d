// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.application.Answer;
import dev.tarn.api.data.Property;
import dev.tarn.api.resource.Context;
import dev.tarn.transport.Connection;
import dev.tarn.transport.HttpExchange;
import dev.tarn.transport.Traffic;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.regex.Pattern;

/** An exchange whose answer gets the status and the headers that an application wants it to have. */
record Marked(HttpExchange exchange, Answer answer) implements HttpExchange {

    /** RFC 9110 §5.1. */
    private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    /** RFC 9110 §5.5: what would end the line, or nothing at all, is no value. */
    private static final Pattern VALUE = Pattern.compile("[\\t\\x20-\\x7e\\x80-\\xff]*");

    private <R extends HttpResponse> R marked(R response) {
        if (answer.status() != 0 && response.status().codeClass() == HttpStatusClass.SUCCESS) {
            response.setStatus(HttpResponseStatus.valueOf(answer.status()));
        }
        for (Property header : answer.headers()) {
            if (!NAME.matcher(header.name()).matches()
                    || !VALUE.matcher(header.value()).matches()) {
                throw new IllegalArgumentException("an application answered with a header that is none");
            }
            response.headers().set(header.name(), header.value());
        }
        return response;
    }

    @Override
    public void respond(FullHttpResponse response) {
        exchange.respond(marked(response));
    }

    @Override
    public HttpStream stream(HttpResponse head) {
        return exchange.stream(marked(head));
    }

    @Override
    public HttpRequest head() {
        return exchange.head();
    }

    @Override
    public String path() {
        return exchange.path();
    }

    @Override
    public List<String> segments() {
        return exchange.segments();
    }

    @Override
    public String query() {
        return exchange.query();
    }

    @Override
    public Map<String, List<String>> parameters() {
        return exchange.parameters();
    }

    @Override
    public Context context() {
        return exchange.context();
    }

    @Override
    public Connection connection() {
        return exchange.connection();
    }

    @Override
    public Traffic traffic() {
        return exchange.traffic();
    }

    @Override
    public EventLoop loop() {
        return exchange.loop();
    }

    @Override
    public CompletionStage<byte[]> body(int limit) {
        return exchange.body(limit);
    }

    @Override
    public CompletionStage<Void> body(long limit, Function<ByteBuf, CompletionStage<Void>> take) {
        return exchange.body(limit, take);
    }

    @Override
    public void fail(Throwable failure) {
        exchange.fail(failure);
    }

    @Override
    public Upgrade upgrade() {
        return exchange.upgrade();
    }
}
