// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.io.ByteArrayOutputStream;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FrameDecoderTest {

    @Test
    void bytes_come_out_as_they_went_in_however_they_are_split() {
        Random random = new Random(7);
        for (int round = 0; round < 200; round++) {
            byte[] payload = new byte[random.nextInt(round % 10 == 0 ? 70_000 : 300)];
            random.nextBytes(payload);
            byte[] frame = ClientFrames.frame(ClientFrames.BINARY, payload);
            EmbeddedChannel channel = new EmbeddedChannel(new FrameDecoder(1 << 20, false));
            for (int at = 0; at < frame.length; ) {
                int end = Math.min(frame.length, at + 1 + random.nextInt(1 + random.nextInt(frame.length)));
                channel.writeInbound(Unpooled.copiedBuffer(frame, at, end - at));
                at = end;
            }
            assertThat(message(channel)).isEqualTo(payload);
            channel.finishAndReleaseAll();
        }
    }

    /** Reads one message and checks that its pieces look like fragments of one. */
    private static byte[] message(EmbeddedChannel channel) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        boolean first = true;
        for (WebSocketFrame piece = channel.readInbound(); piece != null; piece = channel.readInbound()) {
            assertThat(piece instanceof ContinuationWebSocketFrame).isEqualTo(!first);
            assertThat(piece.isFinalFragment())
                    .isEqualTo(channel.inboundMessages().isEmpty());
            byte[] bytes = new byte[piece.content().readableBytes()];
            piece.content().readBytes(bytes);
            all.writeBytes(bytes);
            piece.release();
            first = false;
        }
        return all.toByteArray();
    }

    @Test
    void a_frame_that_claims_to_be_large_is_passed_on_as_it_comes() {
        EmbeddedChannel channel = new EmbeddedChannel(new FrameDecoder(1 << 20, false));
        channel.writeInbound(Unpooled.copiedBuffer(ClientFrames.frame(ClientFrames.TEXT, new byte[60_000]), 0, 1_008));
        TextWebSocketFrame piece = channel.readInbound();
        assertThat(piece.content().readableBytes()).isEqualTo(1_000);
        assertThat(piece.isFinalFragment()).isFalse();
        piece.release();
        channel.finishAndReleaseAll();
    }

    @Test
    void what_is_read_while_held_waits() {
        FrameDecoder decoder = new FrameDecoder(1 << 20, false);
        EmbeddedChannel channel = new EmbeddedChannel(decoder);
        decoder.hold();
        channel.writeInbound(Unpooled.copiedBuffer(ClientFrames.text("one"), ClientFrames.text("two")));
        assertThat(channel.inboundMessages()).isEmpty();
        decoder.resume(channel.pipeline().context(decoder));
        for (String text : new String[] {"one", "two"}) {
            TextWebSocketFrame frame = channel.readInbound();
            assertThat(frame.text()).isEqualTo(text);
            frame.release();
        }
        channel.finishAndReleaseAll();
    }
}
