// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
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
        try (InputStream in = PacketCorpus.class.getResourceAsStream("/mqtt/packets.txt")) {
            return parse(new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static List<Case> parse(String text) {
        List<Case> cases = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (String line : text.lines().toList()) {
            if (line.isBlank() || line.startsWith("//")) {
                continue;
            }
            String[] parts = line.split("\\s\\|\\s", -1);
            if (parts.length != 4) {
                throw new IllegalArgumentException("four columns, not: " + line);
            }
            byte[] bytes = bytes(parts[2]);
            for (String version : parts[1].trim().split("\\s+")) {
                Case made = new Case(parts[0].trim(), version, bytes, parts[3].trim());
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
        Notation reader = new Notation(notation);
        byte[] bytes = reader.sequence();
        if (reader.at < notation.length()) {
            throw new IllegalArgumentException("a bracket too many in: " + notation);
        }
        return bytes;
    }

    private static final class Notation {
        private final String text;
        private int at;

        Notation(String text) {
            this.text = text;
        }

        byte[] sequence() {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            while (at < text.length()) {
                char c = text.charAt(at);
                if (c == ']') {
                    break;
                }
                at++;
                if (c == '[') {
                    byte[] inner = sequence();
                    at++;
                    variable(out, inner.length);
                    out.writeBytes(repeated(inner));
                } else if (c == '"') {
                    out.writeBytes(repeated(quoted()));
                } else if (c == 's') {
                    at++;
                    byte[] inner = quoted();
                    int times = times();
                    int length = inner.length * times;
                    out.write(length >> 8);
                    out.write(length);
                    for (int i = 0; i < times; i++) {
                        out.writeBytes(inner);
                    }
                } else if (!Character.isWhitespace(c)) {
                    byte[] one = {(byte) Integer.parseInt(text.substring(at - 1, at + 1), 16)};
                    at++;
                    out.writeBytes(repeated(one));
                }
            }
            return out.toByteArray();
        }

        private byte[] quoted() {
            int end = text.indexOf('"', at);
            byte[] bytes = text.substring(at, end).getBytes(StandardCharsets.UTF_8);
            at = end + 1;
            return bytes;
        }

        private byte[] repeated(byte[] bytes) {
            int times = times();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            for (int i = 0; i < times; i++) {
                out.writeBytes(bytes);
            }
            return out.toByteArray();
        }

        private int times() {
            if (at >= text.length() || text.charAt(at) != '*') {
                return 1;
            }
            int end = at + 1;
            while (end < text.length() && Character.isDigit(text.charAt(end))) {
                end++;
            }
            int times = Integer.parseInt(text.substring(at + 1, end));
            at = end;
            return times;
        }

        private static void variable(ByteArrayOutputStream out, int value) {
            int rest = value;
            while (rest >= 128) {
                out.write((rest & 0x7F) | 0x80);
                rest >>>= 7;
            }
            out.write(rest);
        }
    }
}
