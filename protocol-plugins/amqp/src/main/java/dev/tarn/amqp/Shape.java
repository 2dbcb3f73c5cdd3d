// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import java.util.ArrayList;
import java.util.List;
import org.apache.qpid.protonj2.types.transport.AmqpError;

/**
 * Walks encoded values before anything is made of them: every length must stay within what surrounds it, maps have pairs,
 * nothing is nested too deep, and no few bytes stand for very many values. AMQP 1.0 §1.6. For one thread.
 */
final class Shape {

    private static final int DEEPEST = 32;

    /** The last byte of the descriptor of data; other bodies and the footer have greater ones, what precedes them smaller. */
    private static final int DATA = 0x75;

    /** Elements without bytes that arrays may have. */
    private static final int MOST_EMPTY = 1_024;

    private static final int LIST0 = 0x45;
    private static final int LIST8 = 0xc0;
    private static final int STRING8 = 0xa1;

    /** Constructors of null, booleans, long, double, text, lists and maps. */
    private static final boolean[] COMMON = new boolean[256];

    static {
        for (int code :
                new int[] {0x40, 0x41, 0x42, 0x56, 0x55, 0x81, 0x82, STRING8, 0xb1, LIST0, LIST8, 0xd0, 0xc1, 0xd1}) {
            COMMON[code] = true;
        }
    }

    private final byte[] bytes;
    private final int end;
    private final boolean described;
    private long empties;
    private long pairs;
    private boolean common = true;
    private int leaves;
    private int longest = Integer.MAX_VALUE;
    private List<Cut> texts = List.of();

    private Shape(byte[] bytes, int end, boolean described) {
        this.bytes = bytes;
        this.end = end;
        this.described = described;
    }

    /**
     * Walks a performative.
     *
     * @return where it ends and a payload begins
     * @throws Refusal when it cannot be read
     */
    static int performative(byte[] frame, int from) {
        if (from >= frame.length || frame[from] != 0) {
            throw malformed("a frame that does not begin with a performative");
        }
        return new Shape(frame, frame.length, true).value(from, frame.length, 0);
    }

    /**
     * Walks the sections of a message, which alone are described in it.
     *
     * @throws Refusal when it cannot be read
     */
    static void message(byte[] message) {
        new Shape(message, message.length, false).sections();
    }

    /**
     * Looks at sections that have been walked before.
     *
     * @param least how long {@link #texts} are
     */
    static Shape of(byte[] sections, int least) {
        Shape shape = new Shape(sections, sections.length, false);
        shape.longest = least - 1;
        shape.texts = new ArrayList<>();
        shape.sections();
        return shape;
    }

    /** Whether JSON has all types that are in it: null, booleans, long, double, text, lists, and maps by text. */
    boolean common() {
        return common;
    }

    /** How many keys with their values all maps have together, keys that are there twice counted twice. */
    long pairs() {
        return pairs;
    }

    /** The texts, symbols and binaries that are long, in their order. */
    List<Cut> texts() {
        return texts;
    }

    private void sections() {
        int at = 0;
        while (at < end) {
            if (bytes[at] != 0) {
                throw malformed("a message with something that is no section at " + at);
            }
            boolean before = common;
            int content = value(at + 1, end, 1);
            leaves--; // the descriptor
            common = before;
            at = value(content, end, 1);
        }
    }

    /** Where the first data section of a message begins of which there is more to come; -1 where none is in sight. */
    static int data(byte[] begun) {
        Shape shape = new Shape(begun, begun.length, false);
        int at = 0;
        try {
            while (at < begun.length && begun[at] == 0) {
                int content = shape.value(at + 1, shape.end, 1);
                int code = begun[content - 1] & 0xff;
                if (code >= DATA) {
                    return code == DATA ? at : -1;
                }
                at = shape.value(content, shape.end, 1);
            }
        } catch (Refusal unfinished) {
            return -1; // whatever it is, it is said when all of it is there
        }
        return -1;
    }

    private int value(int from, int limit, int depth) {
        if (depth > DEEPEST) {
            throw malformed("values nested more than " + DEEPEST + " deep");
        }
        int code = unsigned(from, limit);
        if (code == 0) {
            if (!described) {
                throw new Refusal(AmqpError.NOT_IMPLEMENTED, "described types within a section are not taken");
            }
            return value(value(from + 1, limit, depth + 1), limit, depth + 1);
        }
        return content(code, from + 1, limit, depth);
    }

    /** What follows a constructor. */
    private int content(int code, int from, int limit, int depth) {
        leaves += code < LIST8 && code != LIST0 ? 1 : 0;
        common &= COMMON[code];
        return switch (code >> 4) {
            case 0x4 -> from;
            case 0x5 -> skip(from, 1, limit);
            case 0x6 -> skip(from, 2, limit);
            case 0x7 -> skip(from, 4, limit);
            case 0x8 -> skip(from, 8, limit);
            case 0x9 -> skip(from, 16, limit);
            case 0xa -> text(code, from + 1, unsigned(from, limit), limit);
            case 0xb -> text(code, from + 4, size(from, limit), limit);
            case 0xc -> compound(code, skip(from + 1, unsigned(from, limit), limit), from + 1, 1, depth);
            case 0xd -> compound(code, skip(from + 4, size(from, limit), limit), from + 4, 4, depth);
            case 0xe -> array(skip(from + 1, unsigned(from, limit), limit), from + 1, 1, depth);
            case 0xf -> array(skip(from + 4, size(from, limit), limit), from + 4, 4, depth);
            default -> throw malformed("an unknown type 0x" + Integer.toHexString(code) + " at " + from);
        };
    }

    /** Text, a symbol, or a binary. */
    private int text(int code, int from, int length, int limit) {
        if (length > longest) {
            texts.add(new Cut(from, length, leaves - 1, (code & 0xf) == 0));
        }
        return skip(from, length, limit);
    }

    private int compound(int code, int limit, int from, int width, int depth) {
        int count = width == 1 ? unsigned(from, limit) : size(from, limit);
        if ((code & 0xf) == 1) {
            if (count % 2 != 0) {
                throw malformed("a map with an odd number of values");
            }
            pairs += count / 2;
        }
        int at = from + width;
        boolean map = (code & 0xf) == 1;
        for (int i = 0; i < count; i++) {
            common &= !map || i % 2 != 0 || (unsigned(at, limit) & 0xef) == STRING8;
            at = value(at, limit, depth + 1);
        }
        return exact(at, limit);
    }

    private int array(int limit, int from, int width, int depth) {
        if (depth > DEEPEST) {
            throw malformed("arrays nested more than " + DEEPEST + " deep");
        }
        int count = width == 1 ? unsigned(from, limit) : size(from, limit);
        int at = from + width;
        int code = unsigned(at, limit);
        if (code == 0) {
            throw new Refusal(AmqpError.NOT_IMPLEMENTED, "arrays of described types are not taken");
        }
        at++;
        empties += code >> 4 == 4 ? count : 0;
        if (empties > MOST_EMPTY) {
            throw malformed("arrays of " + empties + " values without bytes");
        }
        for (int i = 0; i < count; i++) {
            at = content(code, at, limit, depth + 1);
        }
        return exact(at, limit);
    }

    private static int exact(int at, int limit) {
        if (at != limit) {
            throw malformed("a list, map or array with bytes left over");
        }
        return limit;
    }

    private int size(int from, int limit) {
        if (from < 0 || limit - from < Integer.BYTES) {
            throw malformed("a value that ends too early");
        }
        int size = (bytes[from] & 0xff) << 24
                | (bytes[from + 1] & 0xff) << 16
                | (bytes[from + 2] & 0xff) << 8
                | (bytes[from + 3] & 0xff);
        if (size < 0 || size > end) {
            throw malformed("a length of " + Integer.toUnsignedString(size) + " in " + end + " bytes");
        }
        return size;
    }

    private int unsigned(int from, int limit) {
        if (from >= limit) {
            throw malformed("a value that ends too early");
        }
        return bytes[from] & 0xff;
    }

    private static int skip(int from, int length, int limit) {
        if (length > limit - from) {
            throw malformed("a value of " + length + " bytes where " + Math.max(0, limit - from) + " are left");
        }
        return from + length;
    }

    private static Refusal malformed(String what) {
        return new Refusal(AmqpError.DECODE_ERROR, what);
    }
}
