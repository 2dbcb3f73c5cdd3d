// SPDX-License-Identifier: Apache-2.0
package dev.tarn.testkit;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/** The client's side of SCRAM-SHA-256, from RFC 5802 §3. For one login. */
public final class ScramClient {
    private static final String NONCE = "fyko+d2lbbFgONRv9qkxdawL";

    private final String password;
    private final String bare;
    private byte[] expected = new byte[0];

    public ScramClient(String name, String password) {
        this.password = password;
        this.bare = "n=" + name.replace("=", "=3D").replace(",", "=2C") + ",r=" + NONCE;
    }

    /** The first message. */
    public byte[] first() {
        return utf8("n,," + bare);
    }

    /** The second message, in answer to the server's first. */
    public byte[] proof(byte[] answer) {
        String server = new String(answer, StandardCharsets.UTF_8);
        int salt = server.indexOf(",s=");
        int rounds = server.indexOf(",i=");
        byte[] salted = salted(
                Base64.getDecoder().decode(server.substring(salt + 3, rounds)),
                Integer.parseInt(server.substring(rounds + 3)));
        String without = "c=biws," + server.substring(0, salt);
        byte[] messages = utf8(bare + "," + server + "," + without);
        byte[] key = hmac(salted, utf8("Client Key"));
        byte[] signature = hmac(digest(key), messages);
        for (int i = 0; i < key.length; i++) {
            key[i] ^= signature[i];
        }
        expected = utf8("v=" + Base64.getEncoder().encodeToString(hmac(hmac(salted, utf8("Server Key")), messages)));
        return utf8(without + ",p=" + Base64.getEncoder().encodeToString(key));
    }

    /** Whether the server's last message shows that it knows the user. */
    public boolean knows(byte[] last) {
        return expected.length > 0 && MessageDigest.isEqual(expected, last);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private byte[] salted(byte[] salt, int rounds) {
        try {
            return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(new PBEKeySpec(password.toCharArray(), salt, rounds, 256))
                    .getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] hmac(byte[] key, byte[] message) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(message);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] digest(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
