// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** The client's side of SCRAM-SHA-256, from RFC 5802 §3. */
final class ScramClient {
    private final String password;
    private final String bare;
    private String expected = "";

    ScramClient(String name, String password) {
        this.password = password;
        this.bare = "n=" + name.replace("=", "=3D").replace(",", "=2C") + ",r=fyko+d2lbbFgONRv9qkxdawL";
    }

    String first() {
        return "n,," + bare;
    }

    String proof(String server) {
        String nonce = server.substring(2, server.indexOf(",s="));
        String salt = server.substring(server.indexOf(",s=") + 3, server.indexOf(",i="));
        int rounds = Integer.parseInt(server.substring(server.indexOf(",i=") + 3));
        byte[] salted = Secrets.pbkdf2(
                "HmacSHA256",
                password.getBytes(StandardCharsets.UTF_8),
                Base64.getDecoder().decode(salt),
                rounds,
                32);
        byte[] key = Secrets.hmac(salted, "Client Key".getBytes(StandardCharsets.UTF_8));
        String without = "c=biws,r=" + nonce;
        byte[] messages = (bare + "," + server + "," + without).getBytes(StandardCharsets.UTF_8);
        byte[] signature = Secrets.hmac(Secrets.digest("SHA-256", key), messages);
        for (int i = 0; i < key.length; i++) {
            key[i] ^= signature[i];
        }
        byte[] known = Secrets.hmac(Secrets.hmac(salted, "Server Key".getBytes(StandardCharsets.UTF_8)), messages);
        expected = "v=" + Base64.getEncoder().encodeToString(known);
        return without + ",p=" + Base64.getEncoder().encodeToString(key);
    }

    /** What the server must say in the end. */
    String expected() {
        return expected;
    }
}
