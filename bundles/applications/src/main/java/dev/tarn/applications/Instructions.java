// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import java.io.IOException;
import java.nio.ByteBuffer;

/** The instructions of a method that are about a constant. JVMS §6.5. */
final class Instructions {

    /** How long instructions are, by opcode; 0 for those that say so themselves. */
    private static final String LENGTHS = "1".repeat(16)
            + "23233"
            + "2".repeat(5)
            + "1".repeat(28)
            + "2".repeat(5)
            + "1".repeat(73)
            + "3"
            + "1".repeat(20)
            + "3".repeat(16)
            + "2"
            + "00"
            + "1".repeat(6)
            + "3".repeat(7)
            + "55"
            + "323"
            + "11"
            + "33"
            + "11"
            + "0"
            + "4"
            + "33"
            + "55";

    private static final int LDC = 0x12;
    private static final int LDC_W = 0x13;
    private static final int IINC = 0x84;
    private static final int TABLESWITCH = 0xaa;
    private static final int LOOKUPSWITCH = 0xab;
    private static final int GETSTATIC = 0xb2;
    private static final int INVOKEINTERFACE = 0xb9;
    private static final int NEW = 0xbb;
    private static final int ANEWARRAY = 0xbd;
    private static final int CHECKCAST = 0xc0;
    private static final int INSTANCEOF = 0xc1;
    private static final int MULTIANEWARRAY = 0xc5;

    private Instructions() {}

    /** Is told of each. */
    interface Told {
        /** An instruction at an offset is about the constant with this index. */
        void about(int at, int constant);
    }

    /**
     * Tells of all, in their order.
     *
     * @throws IOException when these are no instructions
     */
    static void each(byte[] code, Told told) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(code);
        int at = 0;
        try {
            while (at < code.length) {
                int opcode = bytes.get(at) & 0xff;
                int length = opcode < LENGTHS.length() ? LENGTHS.charAt(opcode) - '0' : -1;
                if (length < 0) {
                    throw new IOException("has an unknown instruction " + opcode);
                }
                if (opcode == LDC) {
                    told.about(at, bytes.get(at + 1) & 0xff);
                } else if (constant(opcode)) {
                    told.about(at, bytes.getShort(at + 1) & 0xffff);
                }
                int whole = length == 0 ? length(bytes, at, opcode) : length;
                if (whole <= 0) {
                    throw new IOException("has a switch of no length");
                }
                at += whole;
            }
        } catch (IndexOutOfBoundsException wrong) {
            throw new IOException("ends within an instruction", wrong);
        }
    }

    private static boolean constant(int opcode) {
        return opcode == LDC_W
                || (opcode >= GETSTATIC && opcode <= INVOKEINTERFACE)
                || opcode == NEW
                || opcode == ANEWARRAY
                || opcode == CHECKCAST
                || opcode == INSTANCEOF
                || opcode == MULTIANEWARRAY;
    }

    private static int length(ByteBuffer bytes, int at, int opcode) {
        // Operands of switches begin at a multiple of four.
        int operands = (at + 4) & ~3;
        return switch (opcode) {
            case TABLESWITCH -> operands + 12 + 4 * (bytes.getInt(operands + 8) - bytes.getInt(operands + 4) + 1) - at;
            case LOOKUPSWITCH -> operands + 8 + 8 * bytes.getInt(operands + 4) - at;
            // What is left is a wide one.
            default -> (bytes.get(at + 1) & 0xff) == IINC ? 6 : 4;
        };
    }
}
