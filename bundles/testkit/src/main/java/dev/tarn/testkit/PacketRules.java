// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import dev.tarn.testkit.PacketCorpus.Case;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * MQTT packets made by rule, each rule one of the specification's tables gone through in full: connect flags, protocol
 * levels, fixed header flags, properties, reason codes, subscription options, and characters that topics must not have.
 * The rules say what the specification says, not what a server does.
 */
public final class PacketRules {

    private static final List<String> VERSIONS = List.of("3.1", "3.1.1", "5");

    /** Properties of MQTT 5.0 table 2-4 with a legal value of each. */
    private static final Map<Integer, String> VALUES = Map.ofEntries(
            Map.entry(0x01, "01"),
            Map.entry(0x02, "00 00 00 3C"),
            Map.entry(0x03, "s\"t\""),
            Map.entry(0x08, "s\"r\""),
            Map.entry(0x09, "00 01 01"),
            Map.entry(0x0B, "05"),
            Map.entry(0x11, "00 00 00 0A"),
            Map.entry(0x12, "s\"id\""),
            Map.entry(0x13, "00 0A"),
            Map.entry(0x15, "s\"m\""),
            Map.entry(0x16, "00 01 01"),
            Map.entry(0x17, "01"),
            Map.entry(0x18, "00 00 00 05"),
            Map.entry(0x19, "01"),
            Map.entry(0x1A, "s\"i\""),
            Map.entry(0x1C, "s\"s\""),
            Map.entry(0x1F, "s\"why\""),
            Map.entry(0x21, "00 14"),
            Map.entry(0x22, "00 0A"),
            Map.entry(0x23, "00 01"),
            Map.entry(0x24, "01"),
            Map.entry(0x25, "01"),
            Map.entry(0x26, "s\"k\" s\"v\""),
            Map.entry(0x27, "00 01 00 00"),
            Map.entry(0x28, "01"),
            Map.entry(0x29, "01"),
            Map.entry(0x2A, "01"));

    /**
     * A packet of 5.0 with a place for properties.
     *
     * @param packet with %s for the properties
     * @param allowed what a client may put there
     * @param legal what the packet is with nothing wrong in its properties
     */
    private record Carrier(String name, String packet, Set<Integer> allowed, String legal) {}

    private static final List<Carrier> CARRIERS = List.of(
            new Carrier(
                    "connect",
                    "10 [ s\"MQTT\" 05 02 00 3C [ %s ] s\"c\" ]",
                    Set.of(0x11, 0x17, 0x19, 0x21, 0x22, 0x26, 0x27),
                    "ok"),
            new Carrier(
                    "connect with a will",
                    "10 [ s\"MQTT\" 05 06 00 3C [ ] s\"c\" [ %s ] s\"w\" s\"x\" ]",
                    Set.of(0x01, 0x02, 0x03, 0x08, 0x09, 0x18, 0x26),
                    "ok"),
            new Carrier(
                    "publish", "30 [ s\"a\" [ %s ] \"x\" ]", Set.of(0x01, 0x02, 0x03, 0x08, 0x09, 0x23, 0x26), "ok"),
            new Carrier("puback", "40 [ 00 01 00 [ %s ] ]", Set.of(0x1F, 0x26), "ok"),
            new Carrier("pubrec", "50 [ 00 01 80 [ %s ] ]", Set.of(0x1F, 0x26), "ok"),
            new Carrier("pubrel", "62 [ 00 01 00 [ %s ] ]", Set.of(0x1F, 0x26), "ok"),
            new Carrier("pubcomp", "70 [ 00 01 00 [ %s ] ]", Set.of(0x1F, 0x26), "ok"),
            new Carrier("subscribe", "82 [ 00 01 [ %s ] s\"a\" 00 ]", Set.of(0x0B, 0x26), "ok"),
            new Carrier("unsubscribe", "A2 [ 00 01 [ %s ] s\"a\" ]", Set.of(0x26), "ok"),
            new Carrier("disconnect", "E0 [ 00 [ %s ] ]", Set.of(0x1F, 0x26), "ok"));

    private final List<Case> cases = new ArrayList<>();

    private PacketRules() {}

    /** All of them, in an order that stays the same. */
    public static List<Case> cases() {
        PacketRules rules = new PacketRules();
        rules.connectFlags();
        rules.protocolLevels();
        rules.fixedHeaders();
        rules.properties();
        rules.reasonCodes();
        rules.subscriptionOptions();
        rules.characters();
        rules.lengths();
        return rules.cases;
    }

    private void add(String name, String version, String bytes, String expected) {
        cases.add(new Case(name, version, PacketCorpus.bytes(bytes), expected));
    }

    private static String hex(int value) {
        return String.format(Locale.ROOT, "%02X", value);
    }

    /** 3.1.1 §3.1.2.3, 5.0 §3.1.2.3: every value of the byte, with the payload that it asks for. */
    private void connectFlags() {
        for (int flags = 0; flags < 256; flags++) {
            boolean will = (flags & 4) != 0;
            boolean user = (flags & 0x80) != 0;
            boolean password = (flags & 0x40) != 0;
            boolean bad = (flags & 1) != 0 || (flags >> 3 & 3) == 3 || (!will && (flags & 0x38) != 0);
            String rest = (user ? " s\"u\"" : "") + (password ? " s\"p\"" : "");
            String login = user || password ? " for a user or password" : "";
            add(
                    "connect by rule, flags " + hex(flags) + login,
                    "3.1.1",
                    "10 [ s\"MQTT\" 04 " + hex(flags) + " 00 3C s\"r\"" + (will ? " s\"w\" s\"x\"" : "") + rest + " ]",
                    bad || (password && !user) ? "refused 0x81" : "ok");
            add(
                    "connect by rule, flags " + hex(flags) + login,
                    "5",
                    "10 [ s\"MQTT\" 05 " + hex(flags) + " 00 3C [ ] s\"r\"" + (will ? " [ ] s\"w\" s\"x\"" : "") + rest
                            + " ]",
                    bad ? "refused 0x81" : "ok");
        }
    }

    /** [MQTT-3.1.2-2] */
    private void protocolLevels() {
        for (int level = 0; level < 256; level++) {
            if (level != 4 && level != 5) {
                add(
                        "connect by rule, level " + hex(level),
                        level > 5 && level < 0x80 ? "5" : "3.1.1",
                        "10 [ s\"MQTT\" " + hex(level) + " 02 00 3C s\"r\" ]",
                        "refused 0x84");
            }
        }
    }

    /** Table 2-2: types that only a server sends, and flags that are not those of the type. */
    private void fixedHeaders() {
        for (String version : VERSIONS) {
            for (int first = 0; first < 256; first++) {
                int type = first >> 4;
                int flags = first & 15;
                String name = "by rule, type and flags " + hex(first);
                switch (type) {
                    case 0, 2, 9, 11, 13 -> add(name, version, hex(first) + " 00", "refused 0x82");
                    case 1 -> add(name, version, hex(first) + " 00", "refused 0x82");
                    case 3 -> {
                        if ((flags & 6) == 6 || flags == 8 || flags == 9) {
                            add(name, version, hex(first) + " [ s\"a\" 00 01 00 ]", "refused 0x81");
                        }
                    }
                    case 6, 8, 10 -> {
                        if (flags != 2) {
                            add(name, version, hex(first) + " 00", "refused 0x81");
                        }
                    }
                    default -> {
                        if (flags != 0) {
                            add(name, version, hex(first) + " 00", "refused 0x81");
                        }
                    }
                }
            }
        }
    }

    /** §2.2.2.2: every identifier in every packet that has properties; twice where once is all that is allowed. */
    private void properties() {
        for (Carrier carrier : CARRIERS) {
            for (int id = 0; id < 128; id++) {
                String value = VALUES.get(id);
                String name = carrier.name() + " by rule, property " + hex(id);
                if (value == null) {
                    add(name, "5", carrier.packet().formatted(hex(id) + " 00"), "refused 0x81");
                } else if (!carrier.allowed().contains(id)) {
                    boolean expiry = id == 0x11 && carrier.name().equals("disconnect");
                    boolean method =
                            (id == 0x15 || id == 0x16) && carrier.name().equals("connect");
                    if (!method) {
                        add(
                                name,
                                "5",
                                carrier.packet().formatted(hex(id) + " " + value),
                                (expiry ? "rejected" : "refused") + " 0x82");
                    }
                } else {
                    String one = hex(id) + " " + value;
                    add(name, "5", carrier.packet().formatted(one), carrier.legal());
                    add(
                            name + " twice",
                            "5",
                            carrier.packet().formatted(one + " " + one),
                            id == 0x26 ? carrier.legal() : "refused 0x82");
                }
            }
        }
        for (int value = 2; value < 256; value++) {
            add(
                    "publish by rule, payload format " + hex(value),
                    "5",
                    "30 [ s\"a\" [ 01 " + hex(value) + " ] ]",
                    "refused 0x82");
        }
    }

    /** §2.4: every code in every packet of a client that has one. */
    private void reasonCodes() {
        codes("puback", "40 [ 00 09 %s ]", Set.of(0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99));
        codes("pubrec", "50 [ 00 09 %s ]", Set.of(0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99));
        codes("pubrel", "62 [ 00 09 %s ]", Set.of(0, 0x92));
        codes("pubcomp", "70 [ 00 09 %s ]", Set.of(0, 0x92));
        codes(
                "disconnect",
                "E0 [ %s ]",
                Set.of(0, 4, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99));
    }

    private void codes(String packet, String bytes, Set<Integer> legal) {
        for (int code = 0; code < 256; code++) {
            if (code == 0x8C && packet.equals("disconnect")) {
                continue; // table 2-6 has it, table 3-13 has not
            }
            add(
                    packet + " by rule, reason " + hex(code),
                    "5",
                    bytes.formatted(hex(code)),
                    legal.contains(code) ? "ok" : "refused 0x82");
        }
    }

    /** §3.8.3.1: every value of the byte. */
    private void subscriptionOptions() {
        for (int options = 0; options < 256; options++) {
            boolean qos = (options & 3) == 3;
            String three = qos ? "refused 0x82" : options > 2 ? "refused 0x81" : "ok";
            add(
                    "subscribe by rule, options " + hex(options),
                    "3.1.1",
                    "82 [ 00 01 s\"a\" " + hex(options) + " ]",
                    three);
            boolean reserved = (options & 0xC0) != 0;
            boolean handling = (options & 0x30) == 0x30;
            add(
                    "subscribe by rule, options " + hex(options),
                    "5",
                    "82 [ 00 01 [ ] s\"a\" " + hex(options) + " ]",
                    qos ? "refused 0x82" : reserved ? "refused 0x81" : handling ? "refused 0x82" : "ok");
        }
    }

    /** §1.5.4, §4.7: what is no UTF-8, or not for a topic, at the begin, in the middle and at the end of one. */
    private void characters() {
        Set<String> wrong = new HashSet<>();
        List<String> sequences = new ArrayList<>(List.of("00", "80", "BF", "C0 80", "C1 BF", "E0 80 80", "E0 9F BF"));
        sequences.addAll(
                List.of("F0 80 80 80", "F0 8F BF BF", "F4 90 80 80", "F5 80 80 80", "FE", "FF", "C3", "E2 82"));
        for (int second = 0xA0; second < 0xC0; second += 4) {
            sequences.add("ED " + hex(second) + " 80");
        }
        for (String sequence : sequences) {
            if (wrong.add(sequence)) {
                int length = (sequence.length() + 1) / 3;
                for (String version : VERSIONS) {
                    topic(sequence, 2 + length, "\"a\" " + sequence + " \"b\"", version);
                    topic(sequence + " at the end", 1 + length, "\"a\" " + sequence, version);
                    topic(sequence + " at the begin", 1 + length, sequence + " \"b\"", version);
                }
            }
        }
        for (String version : VERSIONS) {
            for (String topic : List.of("#", "+", "a/#", "a/+/b", "a#", "+a", "/#", "#/", "a+b", "$x/#")) {
                String properties = version.equals("5") ? "[ ] " : "";
                add(
                        "publish by rule, topic " + topic,
                        version,
                        "30 [ s\"" + topic + "\" " + properties + "\"x\" ]",
                        "refused 0x90");
            }
            for (String filter : List.of("a#", "#/a", "a+", "+a", "a/#/b", "a/b#", "a/+b", "++", "##", "#+")) {
                String properties = version.equals("5") ? "[ ] " : "";
                add(
                        "subscribe by rule, filter " + filter,
                        version,
                        "82 [ 00 01 " + properties + "s\"" + filter + "\" 00 ]",
                        "refused 0x8F");
            }
        }
    }

    private void topic(String name, int length, String bytes, String version) {
        String properties = version.equals("5") ? "[ ] " : "";
        add(
                "publish by rule, topic with " + name,
                version,
                "30 [ 00 " + hex(length) + " " + bytes + " " + properties + "]",
                "refused 0x81");
        add(
                "subscribe by rule, filter with " + name,
                version,
                "82 [ 00 01 " + properties + "00 " + hex(length) + " " + bytes + " 00 ]",
                "refused 0x81");
    }

    /** §2.1.4: packets that end before what they consist of, and lengths that are longer than they need be. */
    private void lengths() {
        List<String> whole = List.of(
                "10 [ s\"MQTT\" 05 C6 00 3C [ 11 00 00 00 0A ] s\"c\" [ 01 01 ] s\"w\" s\"x\" s\"u\" s\"p\" ]",
                "82 [ 00 01 [ 0B 05 ] s\"abc\" 00 ]",
                "A2 [ 00 01 [ 26 s\"k\" s\"v\" ] s\"abc\" ]",
                "62 [ 00 01 00 [ 1F s\"why\" ] ]");
        for (String packet : whole) {
            byte[] bytes = PacketCorpus.bytes(packet);
            String name = bytes[0] == 0x10 ? "connect by rule" : "by rule, type " + (bytes[0] >> 4 & 15);
            for (int length = 1; length < bytes.length - 2; length++) {
                if (ends(bytes, length)) {
                    continue;
                }
                byte[] cut = new byte[2 + length];
                System.arraycopy(bytes, 0, cut, 0, cut.length);
                cut[1] = (byte) length;
                // Nobody knows the version of a CONNECT that ends before it says so: there are no words to answer in.
                String speechless = bytes[0] == 0x10 && length < 7 ? "first " : "";
                cases.add(new Case(speechless + name + " cut to " + length, "5", cut, "refused 0x81"));
            }
        }
        for (int first : new int[] {0xC0, 0xE0, 0x40, 0x82}) {
            for (String length : List.of("80 00", "80 80 00", "80 80 80 00", "80 80 80 80 00", "FF FF FF FF 7F")) {
                for (String version : VERSIONS) {
                    add(
                            "by rule, length of " + hex(first) + " as " + length,
                            version,
                            hex(first) + " " + length,
                            "refused 0x81");
                }
            }
        }
    }

    /** Whether the packet may end here, or is refused for another reason. */
    private static boolean ends(byte[] packet, int length) {
        return switch (packet[0] >> 4 & 15) {
            case 6 -> length == 2 || length == 3;
            case 8 -> length == 5; // properties, and no filter: another reason
            case 10 -> length == 10;
            default -> false;
        };
    }
}
