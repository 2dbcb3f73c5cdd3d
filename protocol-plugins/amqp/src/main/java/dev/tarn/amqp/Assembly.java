// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import java.util.Arrays;
import java.util.function.IntConsumer;

/** A delivery of which more is to come, as far as it is held here; the library holds the rest. For the connection's loop. */
final class Assembly {

    private static final byte[] NOTHING = new byte[0];

    /** Is told of bytes that are incomplete, more or less. */
    private final IntConsumer incomplete;

    /** Bytes of it. */
    private int partial;

    /** Its first bytes, where they were looked at and it is not streamed. */
    private byte[] first = NOTHING;

    private boolean judged;

    Assembly(IntConsumer incomplete) {
        this.incomplete = incomplete;
    }

    /** How many bytes it has with so many that the library holds. */
    int with(int available) {
        return first.length + available;
    }

    /** It has so many bytes now; 0 when it is complete or no longer to be held. */
    void grown(int bytes) {
        incomplete.accept(bytes - partial);
        partial = bytes;
    }

    /** Whether its first bytes were looked at already. */
    boolean judged() {
        return judged;
    }

    /** Its first bytes were looked at, and are held. */
    void judged(byte[] bytes) {
        judged = true;
        first = bytes;
    }

    /** It may not be streamed, whatever it begins with. */
    void whole() {
        judged = true;
    }

    /** All of it, which is the end of it here. */
    byte[] joined(byte[] rest) {
        byte[] held = first;
        first = NOTHING;
        judged = false;
        if (held.length == 0) {
            return rest;
        }
        byte[] all = Arrays.copyOf(held, held.length + rest.length);
        System.arraycopy(rest, 0, all, held.length, rest.length);
        return all;
    }

    /** There will be no more of it here. */
    void clear() {
        first = NOTHING;
        judged = false;
        grown(0);
    }
}
