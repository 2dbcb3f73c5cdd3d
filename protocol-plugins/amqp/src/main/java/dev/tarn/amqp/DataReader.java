// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import java.nio.ByteBuffer;
import org.apache.qpid.protonj2.types.transport.AmqpError;

/** Takes the bytes out of the data sections of a message that comes in pieces, AMQP 1.0 §3.2.6. For one thread. */
final class DataReader {

    private static final int DATA = 0x75;
    private static final int FOOTER = 0x78;

    /** The longest form: a descriptor of eight bytes, a length of four. */
    private final byte[] head = new byte[16];

    private int length;
    private long left;
    private boolean footer;

    /**
     * What of the piece is data: the array is used for it.
     *
     * @throws Refusal when something else comes than data and, last, a footer
     */
    ByteBuffer take(byte[] piece) {
        int at = 0;
        int taken = 0;
        while (at < piece.length && !footer) {
            if (left > 0) {
                int part = (int) Math.min(left, piece.length - at);
                System.arraycopy(piece, at, piece, taken, part);
                at += part;
                taken += part;
                left -= part;
            } else {
                head[length++] = piece[at++];
                left = begun();
            }
        }
        return ByteBuffer.wrap(piece, 0, taken);
    }

    /** Whether the message may end here. */
    boolean whole() {
        return footer || (left == 0 && length == 0);
    }

    /** How long the section is whose head has come; 0 while it has not. */
    private long begun() {
        need(head[0] == 0);
        if (length == 1) {
            return 0;
        }
        boolean small = head[1] == 0x53;
        need(small || head[1] == (byte) 0x80);
        int end = small ? 3 : 10;
        if (length < end) {
            return 0;
        }
        for (int i = 2; i < end - 1; i++) {
            need(head[i] == 0);
        }
        footer = head[end - 1] == FOOTER;
        need(footer || head[end - 1] == DATA);
        if (footer || length == end) {
            return 0;
        }
        boolean one = head[end] == (byte) 0xa0;
        need(one || head[end] == (byte) 0xb0);
        int all = end + 1 + (one ? 1 : Integer.BYTES);
        if (length < all) {
            return 0;
        }
        length = 0;
        return one
                ? head[end + 1] & 0xff
                : Integer.toUnsignedLong(ByteBuffer.wrap(head).getInt(end + 1));
    }

    private static void need(boolean found) {
        if (!found) {
            throw new Refusal(AmqpError.DECODE_ERROR, "something between the data sections of a message");
        }
    }
}
