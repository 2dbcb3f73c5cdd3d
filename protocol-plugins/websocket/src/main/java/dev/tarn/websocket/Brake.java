// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import io.netty.channel.ChannelHandlerContext;

/** Stops reading a socket while too much of what came waits, and goes on. On the connection's loop. */
final class Brake {
    private final FrameDecoder decoder;
    private boolean held;

    /** @param decoder what has frames that were read already */
    Brake(FrameDecoder decoder) {
        this.decoder = decoder;
    }

    /** Whether nothing more is read. */
    boolean held() {
        return held;
    }

    /** Reads on where there is room, and no further where there is none. */
    void pace(ChannelHandlerContext context, boolean room) {
        if (room != held) {
            return;
        }
        held = !room;
        context.channel().config().setAutoRead(room);
        if (held) {
            decoder.hold();
        } else {
            // Not from here: this may be inside of the decoder's own loop.
            context.executor().execute(() -> {
                ChannelHandlerContext own = context.pipeline().context(decoder);
                if (own != null && !held) {
                    decoder.resume(own);
                }
            });
        }
    }
}
