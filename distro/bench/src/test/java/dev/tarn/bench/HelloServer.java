// SPDX-License-Identifier: Apache-2.0
package dev.tarn.bench;

import dev.tarn.testkit.Configs;
import dev.tarn.transport.Loops;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * Netty and nothing else: every GET is answered with the bytes that it was started with, all else with 204. What Tarn's GET is
 * measured against; it says its port and runs until it is ended.
 */
public final class HelloServer {

    private HelloServer() {}

    /** Given the head of an answer without its status line, and its body, each with {@code \n} for line ends. */
    public static void main(String... arguments) throws Exception {
        Map<String, String> headers = new java.util.LinkedHashMap<>();
        arguments[0].lines().filter(line -> line.indexOf(':') > 0).forEach(line -> {
            int colon = line.indexOf(':');
            headers.put(line.substring(0, colon), line.substring(colon + 1).strip());
        });
        byte[] body = arguments[1].getBytes(StandardCharsets.ISO_8859_1);
        Loops loops = new Loops(Configs.of(Loops.Config.class));
        int port = ((InetSocketAddress) new ServerBootstrap()
                        .group(loops.group())
                        .channel(Epoll.isAvailable() ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
                        .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                        .childOption(ChannelOption.TCP_NODELAY, true)
                        .childHandler(new ChannelInitializer<SocketChannel>() {
                            @Override
                            protected void initChannel(SocketChannel channel) {
                                channel.pipeline()
                                        .addLast(
                                                new HttpServerCodec(),
                                                new HttpObjectAggregator(1 << 20),
                                                new Hello(headers, body));
                            }
                        })
                        .bind("127.0.0.1", 0)
                        .sync()
                        .channel()
                        .localAddress())
                .getPort();
        System.out.println("port " + port);
        new CountDownLatch(1).await();
    }

    private static final class Hello extends SimpleChannelInboundHandler<FullHttpRequest> {
        private final Map<String, String> headers;
        private final byte[] body;

        Hello(Map<String, String> headers, byte[] body) {
            this.headers = headers;
            this.body = body;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext channel, FullHttpRequest request) {
            boolean get = request.method().equals(HttpMethod.GET);
            DefaultFullHttpResponse answer = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1,
                    get ? HttpResponseStatus.OK : HttpResponseStatus.NO_CONTENT,
                    get ? Unpooled.wrappedBuffer(body) : Unpooled.EMPTY_BUFFER);
            if (get) {
                headers.forEach(answer.headers()::set);
                answer.headers().set("Content-Length", body.length);
            }
            channel.writeAndFlush(answer, channel.voidPromise());
        }
    }
}
