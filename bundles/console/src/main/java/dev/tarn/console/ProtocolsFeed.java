// SPDX-License-Identifier: Apache-2.0
package dev.tarn.console;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Failure;
import dev.tarn.transport.HttpExchange;
import dev.tarn.transport.HttpProtocol;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.ScheduledFuture;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Sends administrators what {@link ProtocolList} knows, once a second, as Server-Sent Events. Safe on any thread. */
@Component(
        service = HttpProtocol.class,
        property = {"tarn.door=admin", "service.ranking:Integer=10"})
public final class ProtocolsFeed implements HttpProtocol {
    private static final String TARGET = ConsoleProtocol.ROOT + "/" + ProtocolsPage.LABEL + "/live";

    private final Bodies bodies;
    private final ProtocolList protocols;

    @Activate
    public ProtocolsFeed(@Reference Bodies bodies, @Reference ProtocolList protocols) {
        this.bodies = bodies;
        this.protocols = protocols;
    }

    @Override
    public String name() {
        return "console-feed";
    }

    @Override
    public boolean accepts(HttpRequest head) {
        return head.uri().equals(TARGET);
    }

    @Override
    public void open(HttpExchange exchange) {
        if (!exchange.context().user().administrator() || Pages.foreign(exchange.head())) {
            exchange.fail(new Failure(Failure.Code.FORBIDDEN, "the console is for administrators"));
            return;
        } else if (!exchange.head().method().equals(HttpMethod.GET)) {
            exchange.fail(new Failure(Failure.Code.UNSUPPORTED, "this is read with GET"));
            return;
        }
        HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        head.headers().set(HttpHeaderNames.CONTENT_TYPE, "text/event-stream");
        HttpExchange.HttpStream stream = exchange.stream(Pages.guarded(head));
        ScheduledFuture<?> beat = exchange.loop().scheduleAtFixedRate(() -> send(stream), 0, 1, TimeUnit.SECONDS);
        stream.onClosing(stream::finish);
        stream.closed().whenComplete((end, failure) -> beat.cancel(false));
    }

    /** On the connection's loop; a reader that is slow misses some. */
    private void send(HttpExchange.HttpStream stream) {
        if (stream.writable()) {
            byte[] json = bodies.of(protocols.now()).as(Bodies.JSON).bytes();
            stream.write(Unpooled.wrappedBuffer(
                    "data: ".getBytes(StandardCharsets.US_ASCII), json, "\n\n".getBytes(StandardCharsets.US_ASCII)));
            stream.flush();
        }
    }
}
