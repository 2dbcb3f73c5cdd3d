// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Users of a password file of Mosquitto, and the rules of an ACL file. What cannot be taken over is said line by line; nothing is
 * taken for more than it was. For one thread.
 */
final class MosquittoFiles {

    private static final String PATTERNS = "mosquitto-patterns";
    private static final String OF_USER = "mosquitto-";

    private final Map<String, PasswordHash> users = new LinkedHashMap<>();
    private final Map<String, Topics> rules = new LinkedHashMap<>();
    private final List<String> passedOver = new ArrayList<>();

    /** What a user may publish and subscribe. */
    private static final class Topics {
        final Set<String> publish = new LinkedHashSet<>();
        final Set<String> subscribe = new LinkedHashSet<>();
    }

    /** @param acl null for none */
    MosquittoFiles(String passwords, @Nullable String acl) {
        passwords(passwords);
        if (acl != null) {
            acl(acl);
        }
    }

    /** Names and what they are checked with. */
    Map<String, PasswordHash> users() {
        return users;
    }

    /** Roles as objects of {@code system.roles}. */
    List<Map<String, Object>> roles() {
        List<Map<String, Object>> roles = new ArrayList<>();
        rules.forEach((name, topics) -> roles.add(Map.of(
                "name", name, "publish", List.copyOf(topics.publish), "subscribe", List.copyOf(topics.subscribe))));
        return roles;
    }

    /** The roles that a user gets: his own, and that of the patterns, which are for everybody. */
    Set<String> rolesOf(String user) {
        Set<String> his = new LinkedHashSet<>();
        for (String role : List.of(OF_USER + user, PATTERNS)) {
            if (rules.containsKey(role)) {
                his.add(role);
            }
        }
        return his;
    }

    /** Lines that say nothing here, and why. */
    List<String> passedOver() {
        return passedOver;
    }

    private void passOver(String file, int line, String why) {
        passedOver.add(file + ":" + line + ": " + why);
    }

    private void passwords(String text) {
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            String entry = line.strip();
            int colon = entry.indexOf(':');
            if (entry.isEmpty() || entry.startsWith("#")) {
                continue;
            }
            String name = colon < 0 ? "" : entry.substring(0, colon);
            if (!StoredUser.legal(name)) {
                passOver("passwords", number, "'" + name + "' cannot be the name of a user here");
                continue;
            }
            try {
                users.put(name, hash(entry.substring(colon + 1)));
            } catch (IllegalArgumentException other) {
                passOver("passwords", number, "the password of " + name + " is kept as neither $6$ nor $7$");
            }
        }
    }

    /** {@code $7$rounds$salt$hash} is PBKDF2, {@code $6$salt$hash} one digest; both of SHA-512. */
    private static PasswordHash hash(String text) {
        String[] parts = text.split("\\$", -1);
        if (parts.length == 5 && parts[0].isEmpty() && parts[1].equals("7")) {
            return new Pbkdf2Hash(Integer.parseInt(parts[2]), decoded(parts[3]), decoded(parts[4]));
        } else if (parts.length == 4 && parts[0].isEmpty() && parts[1].equals("6")) {
            return new Sha512Hash(decoded(parts[2]), decoded(parts[3]));
        }
        throw PasswordHash.unknown();
    }

    private static byte[] decoded(String text) {
        return Base64.getDecoder().decode(text);
    }

    private void acl(String text) {
        String role = "";
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            String[] words = line.strip().split("\\s+", 2);
            String rest = words.length > 1 ? words[1].strip() : "";
            switch (words[0]) {
                case "user" -> {
                    role = StoredUser.legal(rest) ? OF_USER + rest : "";
                    if (role.isEmpty()) {
                        passOver(
                                "acl",
                                number,
                                "'" + rest + "' cannot be the name of a user here, nor what follows his");
                    }
                }
                case "topic" -> {
                    if (role.isEmpty()) {
                        passOver("acl", number, "a rule for who has no name: nobody is let in here without one");
                    } else {
                        rule(role, rest, number, false);
                    }
                }
                case "pattern" -> rule(PATTERNS, rest, number, true);
                default -> {
                    if (!words[0].isEmpty() && !words[0].startsWith("#")) {
                        passOver("acl", number, "'" + words[0] + "' is not known");
                    }
                }
            }
        }
    }

    /** {@code [read|write|readwrite|deny] topic}, the topic to the end of the line. */
    private void rule(String role, String rest, int number, boolean pattern) {
        String[] words = rest.split("\\s+", 2);
        boolean says =
                words.length > 1 && Set.of("read", "write", "readwrite", "deny").contains(words[0]);
        String what = says ? words[0] : "readwrite";
        String topic = says ? words[1] : rest;
        if (what.equals("deny")) {
            passOver("acl", number, "'deny' is not there: what no rule allows is denied");
            return;
        } else if (!pattern && (topic.contains("%u") || topic.contains("%c"))) {
            passOver("acl", number, "%u and %c mean themselves in this line, and somebody's name here");
            return;
        }
        Topics topics = new Topics();
        (what.equals("read") ? topics.subscribe : topics.publish).add(topic);
        if (what.equals("readwrite")) {
            topics.subscribe.add(topic);
        }
        try {
            Role.of(Map.of(
                    "name", role, "publish", List.copyOf(topics.publish), "subscribe", List.copyOf(topics.subscribe)));
        } catch (IllegalArgumentException illegal) {
            passOver("acl", number, String.valueOf(illegal.getMessage()));
            return;
        }
        Topics all = rules.computeIfAbsent(role, first -> new Topics());
        all.publish.addAll(topics.publish);
        all.subscribe.addAll(topics.subscribe);
    }
}
