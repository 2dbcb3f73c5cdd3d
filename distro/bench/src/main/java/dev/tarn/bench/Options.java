// SPDX-License-Identifier: Apache-2.0
package dev.tarn.bench;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a run is told on the command line.
 *
 * @param label what the server is called in the results
 * @param process the server's process id; 0 when its CPU time cannot be read
 * @param seconds how long is measured
 * @param warm how long the same load runs before, in seconds
 * @param prefix what topics and URL paths begin with
 * @param json whether payloads are JSON objects rather than bytes
 * @param rows of a table that is queried
 */
record Options(
        String label,
        InetSocketAddress server,
        long process,
        int seconds,
        int warm,
        String prefix,
        boolean json,
        int size,
        int rows,
        @Nullable String user,
        @Nullable String password) {

    private static final Map<String, String> DEFAULTS = Map.of(
            "label", "server",
            "host", "127.0.0.1",
            "port", "1883",
            "pid", "0",
            "seconds", "5",
            "warm", "2",
            "prefix", "bench",
            "payload", "bytes",
            "size", "100",
            "rows", "1000000");

    /** Reads {@code --name value} pairs. */
    static Options of(String... arguments) {
        Map<String, String> given = new HashMap<>(DEFAULTS);
        for (int i = 0; i < arguments.length; i += 2) {
            String name = arguments[i].startsWith("--") ? arguments[i].substring(2) : "";
            boolean known = DEFAULTS.containsKey(name) || name.equals("user") || name.equals("password");
            if (!known || i + 1 == arguments.length) {
                throw new IllegalArgumentException("expected --name value, with a name of " + DEFAULTS.keySet()
                        + " or user, password, not " + arguments[i]);
            }
            given.put(name, arguments[i + 1]);
        }
        return new Options(
                value(given, "label"),
                new InetSocketAddress(value(given, "host"), Integer.parseInt(value(given, "port"))),
                Long.parseLong(value(given, "pid")),
                Integer.parseInt(value(given, "seconds")),
                Integer.parseInt(value(given, "warm")),
                value(given, "prefix"),
                value(given, "payload").equals("json"),
                Integer.parseInt(value(given, "size")),
                Integer.parseInt(value(given, "rows")),
                given.get("user"),
                given.get("password"));
    }

    private static String value(Map<String, String> given, String name) {
        String value = given.get(name);
        return value == null ? "" : value;
    }

    /** A payload of the wanted size; bytes begin with room for a time stamp of 8 bytes. */
    byte[] payload() {
        byte[] payload = new byte[Math.max(size, 32)];
        if (!json) {
            for (int i = 8; i < payload.length; i++) {
                payload[i] = (byte) (i * 31);
            }
            return payload;
        }
        String start = "{\"temp\":72.5,\"location\":\"";
        StringBuilder text = new StringBuilder(start);
        while (text.length() < payload.length - 2) {
            text.append('x');
        }
        return text.append("\"}").toString().getBytes(StandardCharsets.US_ASCII);
    }

    /** The header line for user and password, or nothing. */
    String authorization() {
        if (user == null) {
            return "";
        }
        byte[] pair = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
        return "Authorization: Basic " + Base64.getEncoder().encodeToString(pair) + "\r\n";
    }
}
