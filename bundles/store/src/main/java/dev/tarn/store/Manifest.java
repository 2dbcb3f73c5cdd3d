// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What a backup says about itself: lines of text, of which the last one has the hash of those before it.
 *
 * @param made when the backup began
 * @param format that of the data directory
 * @param sequence that of the last change in it
 * @param end where the environment's files end
 * @param parts its files, in order
 */
record Manifest(Instant made, int format, long sequence, long end, List<Part> parts) {

    /** Its name in the backup. */
    static final String NAME = "manifest";

    /** The version of the manifest and of what is around it. */
    private static final int BACKUP = 1;

    private static final String HASH = "sha256=";

    /** The only names that a part may have, so that none can leave the directory that it is unpacked to. */
    private static final Pattern PART =
            Pattern.compile(DirectoryFormat.FILE + "|" + DirectoryFormat.FILES + "/[0-9a-z]{11}\\.xd");

    /**
     * One file.
     *
     * @param hash SHA-256 in hexadecimal digits
     */
    record Part(String name, long length, String hash) {}

    Manifest {
        parts = List.copyOf(parts);
    }

    /** A digest of the kind that all hashes here are of. */
    static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    static String hash(byte[] bytes) {
        return HexFormat.of().formatHex(digest().digest(bytes));
    }

    byte[] write() {
        StringBuilder text = new StringBuilder();
        text.append("backup=").append(BACKUP).append('\n');
        text.append("made=").append(made).append('\n');
        text.append("format=").append(format).append('\n');
        text.append("sequence=").append(sequence).append('\n');
        text.append("end=").append(end).append('\n');
        for (Part part : parts) {
            text.append("file=").append(part.hash()).append(' ').append(part.length());
            text.append(' ').append(part.name()).append('\n');
        }
        String hash = hash(text.toString().getBytes(StandardCharsets.US_ASCII));
        return text.append(HASH).append(hash).append('\n').toString().getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * @throws DamagedException when it is not what was written
     * @throws Failure UNSUPPORTED when another version of Tarn has to read it
     */
    static Manifest read(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.US_ASCII);
        int last = text.lastIndexOf(HASH);
        if (last < 0
                || !text.substring(last)
                        .equals(HASH + hash(text.substring(0, last).getBytes(StandardCharsets.US_ASCII)) + "\n")) {
            throw new DamagedException("the hash of its manifest differs");
        }
        Map<String, String> values = new HashMap<>();
        List<Part> parts = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (String line : text.substring(0, last).lines().toList()) {
            int equals = line.indexOf('=');
            String value = line.substring(equals + 1);
            if (line.startsWith("file=")) {
                Part part = part(value);
                if (!names.add(part.name())) {
                    throw new DamagedException("its manifest names " + part.name() + " twice");
                }
                parts.add(part);
            } else if (equals > 0) {
                values.put(line.substring(0, equals), value);
            }
        }
        version("backup", values, BACKUP);
        version("format", values, DirectoryFormat.FORMAT);
        try {
            return new Manifest(
                    Instant.parse(values.getOrDefault("made", "")),
                    DirectoryFormat.FORMAT,
                    Long.parseLong(values.getOrDefault("sequence", "")),
                    Long.parseLong(values.getOrDefault("end", "")),
                    parts);
        } catch (NumberFormatException | DateTimeParseException e) {
            throw new DamagedException("its manifest makes no sense: " + e.getMessage());
        }
    }

    private static void version(String what, Map<String, String> values, int known) {
        String value = values.getOrDefault(what, "");
        if (!value.equals(Integer.toString(known))) {
            throw new Failure(
                    Failure.Code.UNSUPPORTED,
                    "it is of " + what + " " + value + ", and this version of Tarn reads " + what + " " + known
                            + " only; use the version that wrote it");
        }
    }

    private static Part part(String line) {
        String[] words = line.split(" ", 3);
        if (words.length < 3
                || !words[0].matches("[0-9a-f]{64}")
                || !words[1].matches("\\d{1,18}")
                || !PART.matcher(words[2]).matches()) {
            throw new DamagedException("its manifest has a line that makes no sense: " + line);
        }
        return new Part(words[2], Long.parseLong(words[1]), words[0]);
    }
}
