// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.data.Path;
import java.nio.charset.StandardCharsets;

/** Writes a path as the target of a request that reads it back (RFC 3986 §3.3). */
final class Locations {
    private static final String PLAIN =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*,;=:@";

    private Locations() {}

    /** Slashes at the edges of a topic, and doubled ones, are escaped, so that they come back as they are. */
    static String of(Path path) {
        String text = path.text();
        StringBuilder target = new StringBuilder(text.length() + 16).append('/');
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < bytes.length; i++) {
            int b = bytes[i] & 0xFF;
            boolean edge = i == 0 || i == bytes.length - 1 || bytes[i - 1] == '/';
            if (b == '/' && !edge) {
                target.append('/');
            } else if (b < 0x80 && PLAIN.indexOf(b) >= 0) {
                target.append((char) b);
            } else {
                target.append('%')
                        .append(Character.toUpperCase(Character.forDigit(b >> 4, 16)))
                        .append(Character.toUpperCase(Character.forDigit(b & 15, 16)));
            }
        }
        return target.toString();
    }
}
