// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TunnelTest {
    private final EmbeddedChannel channel = new EmbeddedChannel(new Tunnel("test"));

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    @Test
    void what_is_written_between_two_flushes_leaves_in_one_frame() {
        ChannelFuture first = channel.write(bytes("one"));
        ChannelFuture second = channel.write(bytes("two"));
        assertThat(channel.outboundMessages()).isEmpty();
        channel.flush();
        BinaryWebSocketFrame frame = channel.readOutbound();
        assertThat(frame.content().toString(UTF_8)).isEqualTo("onetwo");
        frame.release();
        assertThat(first.isSuccess()).isTrue();
        assertThat(second.isSuccess()).isTrue();
        assertThat(channel.outboundMessages()).isEmpty();
    }

    @Test
    void borders_of_frames_mean_nothing() {
        channel.writeInbound(
                new BinaryWebSocketFrame(false, 0, bytes("one-")),
                new ContinuationWebSocketFrame(true, 0, bytes("two-")),
                new BinaryWebSocketFrame(bytes("")),
                new BinaryWebSocketFrame(bytes("three")));
        StringBuilder all = new StringBuilder();
        for (ByteBuf part = channel.readInbound(); part != null; part = channel.readInbound()) {
            all.append(part.toString(UTF_8));
            part.release();
        }
        assertThat(all).hasToString("one-two-three");
    }

    @Test
    void text_is_refused() {
        channel.writeInbound(new TextWebSocketFrame("hello"));
        CloseWebSocketFrame close = channel.readOutbound();
        assertThat(close.statusCode()).isEqualTo(1003);
        close.release();
        assertThat(channel.inboundMessages()).isEmpty();
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, UTF_8);
    }
}
