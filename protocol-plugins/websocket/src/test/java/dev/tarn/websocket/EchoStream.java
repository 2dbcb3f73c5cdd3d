// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import dev.tarn.transport.Closing;
import dev.tarn.transport.Connection;
import dev.tarn.transport.StreamProtocol;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import java.util.List;

/** Gives back every byte, one flush for each read; says {@code bye} when asked to end, and closes after {@code !}. */
final class EchoStream implements StreamProtocol {
    @Override
    public String name() {
        return "echo";
    }

    @Override
    public List<String> subprotocols() {
        return List.of("echo", "parrot");
    }

    @Override
    public Match match(ByteBuf firstBytes) {
        return Match.NO;
    }

    @Override
    public void open(ChannelPipeline pipeline) {
        if (!Connection.of(pipeline.channel()).overWebSocket()) {
            throw new IllegalStateException("not over a WebSocket");
        }
        pipeline.addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                ByteBuf bytes = (ByteBuf) message;
                boolean end = bytes.getByte(bytes.writerIndex() - 1) == '!';
                context.write(bytes);
                if (end) {
                    context.close();
                }
            }

            @Override
            public void channelReadComplete(ChannelHandlerContext context) {
                context.flush();
            }

            @Override
            public void userEventTriggered(ChannelHandlerContext context, Object event) {
                if (event instanceof Closing asked) {
                    asked.hold();
                    context.write(ByteBufUtil.writeAscii(context.alloc(), "bye"));
                    context.close();
                }
            }
        });
    }
}
