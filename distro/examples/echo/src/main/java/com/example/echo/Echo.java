// SPDX-License-Identifier: Apache-2.0
package com.example.echo;

import dev.tarn.transport.StreamProtocol;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import org.osgi.service.component.annotations.Component;

/** Sends back what it receives. */
@Component
public final class Echo implements StreamProtocol {

    @Override
    public String name() {
        return "echo";
    }

    @Override
    public void open(ChannelPipeline pipeline) {
        pipeline.addLast(new ChannelInboundHandlerAdapter() {

            @Override
            public void channelRead(ChannelHandlerContext connection, Object bytes) {
                connection.writeAndFlush(bytes);
            }

            /** Who does not read what comes back is not listened to either. */
            @Override
            public void channelWritabilityChanged(ChannelHandlerContext connection) {
                connection.channel().config().setAutoRead(connection.channel().isWritable());
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext connection, Throwable cause) {
                connection.close();
            }
        });
    }
}
