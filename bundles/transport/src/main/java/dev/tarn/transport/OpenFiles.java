// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How many connections the process's limit of open files leaves room for. */
final class OpenFiles {

    /** A tenth is left for the store's files, jars and whatever else; a store that cannot open a file stops writing. */
    private static final int RESERVED_PART = 10;

    private static final int LEAST_RESERVED = 256;

    /** Where nobody says what the limit is. */
    private static final int ASSUMED = 10_000;

    private static final Path LIMITS = Path.of("/proc/self/limits");
    private static final Pattern LIMIT = Pattern.compile("(?m)^Max open files +(\\d+|unlimited) ");

    private OpenFiles() {}

    /** Room for connections, of all listeners together. */
    static int room() {
        if (!Files.isReadable(LIMITS)) {
            return ASSUMED;
        }
        try {
            return room(Files.readString(LIMITS, StandardCharsets.US_ASCII));
        } catch (IOException unreadable) {
            return ASSUMED;
        }
    }

    /** Room by what the kernel says about a process's limits. */
    static int room(String limits) {
        Matcher limit = LIMIT.matcher(limits);
        if (!limit.find()) {
            return ASSUMED;
        }
        if (limit.group(1).equals("unlimited") || limit.group(1).length() > 9) {
            return Integer.MAX_VALUE;
        }
        int files = Integer.parseInt(limit.group(1));
        return Math.max(1, files - Math.max(LEAST_RESERVED, files / RESERVED_PART));
    }
}
