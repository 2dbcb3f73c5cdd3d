// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Frames of a client, RFC 6455 §5. A data frame is passed on as its bytes arrive, in pieces that look like fragments, so
 * that nothing is held here but a header or a control frame, whatever length a frame claims to have. What breaks a rule
 * is thrown with its close status; from then on everything is ignored. On the connection's loop.
 */
final class FrameDecoder extends ByteToMessageDecoder {
    private static final int FINAL = 0x80;
    private static final int RESERVED = 0x70;
    private static final int MASKED = 0x80;
    private static final int CONTINUATION = 0;
    private static final int TEXT = 1;
    private static final int BINARY = 2;
    private static final int CLOSE = 8;
    private static final int PING = 9;
    private static final int PONG = 10;

    private final long messageLimit;
    private final boolean deflates;

    private boolean held;
    private boolean broken;

    /** Whether a message has begun and its last frame has not been seen. */
    private boolean fragmented;

    /** Bytes that the frames of this message announced so far. */
    private long messageBytes;

    private boolean inFrame;
    private boolean last;
    private int reserved;
    private int opcode;
    private int mask;
    private long remaining;

    /**
     * @param messageLimit bytes that one message may have in all its frames
     * @param deflates whether it was agreed that messages may be compressed; they are passed on as they are
     */
    FrameDecoder(long messageLimit, boolean deflates) {
        this.messageLimit = messageLimit;
        this.deflates = deflates;
    }

    /** Stops after the frame that is being passed on; what has been read stays here. */
    void hold() {
        held = true;
    }

    /** Goes on with what has been read. */
    void resume(ChannelHandlerContext own) {
        if (held) {
            held = false;
            try {
                channelRead(own, Unpooled.EMPTY_BUFFER);
                own.fireChannelReadComplete();
            } catch (Exception broken) {
                own.fireExceptionCaught(broken);
            }
        }
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (broken) {
            in.skipBytes(in.readableBytes());
            return;
        }
        if (held || (!inFrame && !header(in))) {
            return;
        }
        WebSocketFrame piece = opcode >= CLOSE ? control(in) : data(in);
        if (piece != null) {
            out.add(piece);
        }
    }

    /** Reads a whole header, or nothing. */
    private boolean header(ByteBuf in) {
        if (in.readableBytes() < 2) {
            return false;
        }
        int start = in.readerIndex();
        int first = in.getUnsignedByte(start);
        int second = in.getUnsignedByte(start + 1);
        check(first, second);
        int shortLength = second & 0x7F;
        int lengthBytes = shortLength < 126 ? 0 : shortLength == 126 ? 2 : 8;
        int size = 2 + lengthBytes + 4;
        if (in.readableBytes() < size) {
            return false;
        }
        long length = lengthBytes == 0
                ? shortLength
                : lengthBytes == 2 ? in.getUnsignedShort(start + 2) : in.getLong(start + 2);
        if (length < 0 || (lengthBytes == 2 && length < 126) || (lengthBytes == 8 && length <= 0xFFFF)) {
            throw broken(WebSocketCloseStatus.PROTOCOL_ERROR, "a length that is not in its shortest form");
        }
        mask = in.getInt(start + size - 4);
        in.skipBytes(size);
        opcode = first & 0x0F;
        last = (first & FINAL) != 0;
        reserved = (first & RESERVED) >> 4;
        remaining = length;
        inFrame = true;
        if (opcode < CLOSE) {
            count(length);
        }
        return true;
    }

    /** Everything that the first two bytes tell. */
    private void check(int first, int second) {
        int code = first & 0x0F;
        boolean compressed = deflates && (first & RESERVED) == Deflate.RSV1 << 4 && (code == TEXT || code == BINARY);
        if ((first & RESERVED) != 0 && !compressed) {
            throw broken(WebSocketCloseStatus.PROTOCOL_ERROR, "a reserved bit that nothing was agreed about");
        } else if ((second & MASKED) == 0) {
            throw broken(WebSocketCloseStatus.PROTOCOL_ERROR, "an unmasked frame");
        } else if (code > PONG || (code > BINARY && code < CLOSE)) {
            throw broken(WebSocketCloseStatus.PROTOCOL_ERROR, "an unknown opcode " + code);
        } else if (code >= CLOSE && ((first & FINAL) == 0 || (second & 0x7F) > 125)) {
            throw broken(WebSocketCloseStatus.PROTOCOL_ERROR, "a control frame in fragments or of more than 125 bytes");
        } else if (code == CONTINUATION && !fragmented) {
            throw broken(WebSocketCloseStatus.PROTOCOL_ERROR, "a continuation of nothing");
        } else if ((code == TEXT || code == BINARY) && fragmented) {
            throw broken(WebSocketCloseStatus.PROTOCOL_ERROR, "a new message before the end of the last one");
        }
    }

    private void count(long length) {
        messageBytes = opcode == CONTINUATION ? messageBytes : 0;
        if (length > messageLimit - messageBytes) {
            throw broken(
                    WebSocketCloseStatus.MESSAGE_TOO_BIG,
                    "a message of more than the " + messageLimit + " bytes allowed");
        }
        messageBytes += length;
        fragmented = !last;
    }

    private @Nullable WebSocketFrame control(ByteBuf in) {
        if (in.readableBytes() < remaining) {
            return null;
        }
        ByteBuf content = unmasked(in, (int) remaining);
        inFrame = false;
        return switch (opcode) {
            case CLOSE -> new CloseWebSocketFrame(true, 0, content);
            case PING -> new PingWebSocketFrame(content);
            default -> new PongWebSocketFrame(content);
        };
    }

    private @Nullable WebSocketFrame data(ByteBuf in) {
        if (remaining > 0 && !in.isReadable()) {
            return null;
        }
        int length = (int) Math.min(remaining, in.readableBytes());
        ByteBuf content = unmasked(in, length);
        remaining -= length;
        inFrame = remaining > 0;
        boolean end = last && !inFrame;
        int kind = opcode;
        opcode = CONTINUATION;
        return switch (kind) {
            case TEXT -> new TextWebSocketFrame(end, reserved, content);
            case BINARY -> new BinaryWebSocketFrame(end, reserved, content);
            default -> new ContinuationWebSocketFrame(end, 0, content);
        };
    }

    /** Takes the next bytes and applies the mask in place. RFC 6455 §5.3. */
    private ByteBuf unmasked(ByteBuf in, int length) {
        ByteBuf bytes = in.readRetainedSlice(length);
        long wide = (mask & 0xFFFFFFFFL) << 32 | (mask & 0xFFFFFFFFL);
        int at = bytes.readerIndex();
        int end = at + length;
        for (; at + 8 <= end; at += 8) {
            bytes.setLong(at, bytes.getLong(at) ^ wide);
        }
        for (; at < end; at++) {
            bytes.setByte(at, bytes.getByte(at) ^ (mask >>> 24));
            mask = Integer.rotateLeft(mask, 8);
        }
        return bytes;
    }

    private CorruptedWebSocketFrameException broken(WebSocketCloseStatus status, String what) {
        broken = true;
        return new CorruptedWebSocketFrameException(status, what);
    }
}
