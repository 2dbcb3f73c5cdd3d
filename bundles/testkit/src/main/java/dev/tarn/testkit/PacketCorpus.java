// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** MQTT packets with what a server must think of them, from {@code mqtt/packets.txt}, whose head explains the notation. */
public final class PacketCorpus {

    /**
     * One case.
     *
     * @param version 3.1, 3.1.1 or 5: what the connection speaks that sends it
     * @param expected {@code ok}, {@code more}, or {@code refused} or {@code rejected} and a reason code such as {@code
     *     0x81}
     */
    @SuppressWarnings("ArrayRecordComponent") // cases are told apart by their names
    public record Case(String name, String version, byte[] bytes, String expected) {
        /** Whether the packet is as it should be. */
        public boolean legal() {
            return expected.equals("ok");
        }

        /** Whether more bytes must come before anything can be said. */
        public boolean incomplete() {
            return expected.equals("more");
        }

        /** Whether it takes a session to see what is wrong. */
        public boolean fineAlone() {
            return expected.startsWith("rejected ");
        }

        /** The reason code of a refusal, or -1. */
        public int reason() {
            return legal() || incomplete() ? -1 : Integer.decode(expected.substring(expected.indexOf(' ') + 1));
        }

        @Override
        public String toString() {
            return version + " " + name;
        }
    }

    private PacketCorpus() {}

    /** All cases, in the order of the file. */
    public static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (String[] line : CorpusFile.lines("/mqtt/packets.txt", 4)) {
            byte[] bytes = bytes(line[2]);
            for (String version : line[1].split("\\s+")) {
                Case made = new Case(line[0], version, bytes, line[3]);
                if (!names.add(made.toString())) {
                    throw new IllegalArgumentException("twice: " + made);
                }
                cases.add(made);
            }
        }
        return cases;
    }

    /** The bytes that a text in the corpus's notation stands for. */
    public static byte[] bytes(String notation) {
        return Notation.bytes(notation);
    }
}
