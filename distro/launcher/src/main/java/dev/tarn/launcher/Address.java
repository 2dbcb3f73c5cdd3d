// SPDX-License-Identifier: Apache-2.0
package dev.tarn.launcher;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a running node is reached, and as whom. The node on this machine writes where it listens into its data directory.
 *
 * @param url what the command line says; null for the node of the data directory
 * @param user what the command line says; null for the administrator that was made at the first start
 */
record Address(@Nullable String url, @Nullable String user) {

    /** The file in the data directory with the name and address of each listener that is open. */
    static final String LISTENERS = "listeners";

    /** The address of one of the node's listeners, without a slash at its end. Fails with a {@link Refusal}. */
    String of(Path data, String listener) {
        if (url != null) {
            return url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
        }
        if (!DataDirectory.inUse(data)) {
            // Whoever has the port now is somebody else, and would be told the administrator's password.
            throw none(data);
        }
        try {
            return Files.readAllLines(data.resolve(LISTENERS), StandardCharsets.UTF_8).stream()
                    .filter(line -> line.startsWith(listener + " "))
                    .findFirst()
                    .map(line -> "http://" + line.substring(listener.length() + 1))
                    .orElseThrow(() -> Refusal.failed("the node in " + data + " has no open port '" + listener + "'"));
        } catch (IOException absent) {
            throw none(data);
        }
    }

    private static Refusal none(Path data) {
        return Refusal.failed("no node runs in " + data + "; name its folder with --data, or its address with --url");
    }

    /** The value of an Authorization header; empty when nobody is known. Fails with a {@link Refusal}. */
    Optional<String> authorization(Path data) {
        String password = System.getenv("TARN_PASSWORD");
        if (user != null && password == null) {
            throw Refusal.usage("the password of " + user + " is taken from the variable TARN_PASSWORD");
        } else if (user != null) {
            return Optional.of(basic(user + ":" + password));
        }
        Path first = data.resolve("administrator-password");
        try {
            return Files.isReadable(first) && url == null
                    ? Optional.of(basic(Files.readString(first, StandardCharsets.UTF_8)
                            .strip()
                            .replaceFirst(" ", ":")))
                    : Optional.empty();
        } catch (IOException unreadable) {
            throw Refusal.failed(first + " cannot be read: " + Cause.line(unreadable));
        }
    }

    private static String basic(String pair) {
        return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }
}
