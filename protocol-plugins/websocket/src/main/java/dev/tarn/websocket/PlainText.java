// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.Utf8FrameValidator;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;

/** Checks that text is UTF-8 as it comes, but for messages that are compressed. On the connection's loop. */
final class PlainText extends Utf8FrameValidator {

    private boolean compressed;

    PlainText() {
        super(false);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object read) throws Exception {
        if (read instanceof TextWebSocketFrame || read instanceof BinaryWebSocketFrame) {
            compressed = (((WebSocketFrame) read).rsv() & Deflate.RSV1) != 0;
        }
        if (compressed) {
            context.fireChannelRead(read);
        } else {
            super.channelRead(context, read);
        }
    }
}
