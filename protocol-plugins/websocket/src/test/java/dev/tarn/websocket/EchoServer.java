// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import dev.tarn.transport.HttpExchange;
import dev.tarn.transport.HttpProtocol;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.websocketx.Utf8FrameValidator;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameEncoder;
import java.time.Duration;
import java.util.Map;

/** What Autobahn talks to: our frames, with every message sent back. */
public final class EchoServer implements HttpProtocol {

    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object frame) {
            context.write(frame);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            Closing.end(context, cause, "echo");
        }
    }

    @Override
    public String name() {
        return "echo";
    }

    @Override
    public boolean accepts(HttpRequest head) {
        return Handshake.asked(head);
    }

    @Override
    public void open(HttpExchange exchange) {
        Handshake.check(exchange.head());
        Handshake.accept(
                exchange,
                null,
                false,
                pipeline -> pipeline.addLast(
                        new FrameDecoder(64 << 20, false),
                        new WebSocket13FrameEncoder(false),
                        new Control("echo", Duration.ofMinutes(10), Duration.ofMinutes(10)),
                        new Utf8FrameValidator(false),
                        new Echo()));
    }

    /**
     * Serves until it is interrupted.
     *
     * @param arguments the port
     */
    public static void main(String[] arguments) throws InterruptedException {
        try (Door door = new Door(Integer.parseInt(arguments[0]), Map.of())) {
            door.add(new EchoServer());
            Thread.currentThread().join();
        }
    }
}
