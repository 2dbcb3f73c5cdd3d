// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a server keeps to check SCRAM-SHA-256 (RFC 5802 §3, RFC 7677) without ever seeing the password, as {@code
 * SCRAM-SHA-256$rounds:salt$storedKey:serverKey} (RFC 5803). Immutable.
 */
final class ScramVerifier {

    static final String MECHANISM = "SCRAM-SHA-256";

    /** RFC 7677 §4. */
    static final int LEAST_ROUNDS = 4_096;

    static final int MOST_ROUNDS = 1_000_000;

    private static final String BASE64 = "([A-Za-z0-9+/]+={0,2})";
    private static final Pattern FORM =
            Pattern.compile(MECHANISM + "\\$([1-9][0-9]{0,6}):" + BASE64 + "\\$" + BASE64 + ":" + BASE64);
    private static final int SALT_BYTES = 16;
    static final int KEY_BYTES = 32;

    private final int rounds;
    private final byte[] salt;
    private final byte[] storedKey;
    private final byte[] serverKey;

    private ScramVerifier(int rounds, byte[] salt, byte[] storedKey, byte[] serverKey) {
        this.rounds = rounds;
        this.salt = salt;
        this.storedKey = storedKey;
        this.serverKey = serverKey;
    }

    /** That of a password; empty when SASLprep lets no such password be. */
    static Optional<ScramVerifier> of(byte[] secret, int rounds) {
        byte[] salt = Secrets.random(SALT_BYTES);
        return SaslPrep.of(new String(secret, StandardCharsets.UTF_8)).map(text -> {
            byte[] salted =
                    Secrets.pbkdf2("HmacSHA256", text.getBytes(StandardCharsets.UTF_8), salt, rounds, KEY_BYTES);
            byte[] client = Secrets.hmac(salted, ascii("Client Key"));
            return new ScramVerifier(
                    rounds, salt, Secrets.digest("SHA-256", client), Secrets.hmac(salted, ascii("Server Key")));
        });
    }

    /** One that nothing matches, with a salt that is always the same for a name. */
    static ScramVerifier ofNobody(String name, byte[] key, int rounds) {
        byte[] salt = Secrets.hmac(key, name.getBytes(StandardCharsets.UTF_8));
        return new ScramVerifier(
                rounds,
                java.util.Arrays.copyOf(salt, SALT_BYTES),
                Secrets.random(KEY_BYTES),
                Secrets.random(KEY_BYTES));
    }

    /**
     * Reads what {@link #text()} wrote.
     *
     * @throws IllegalArgumentException when it is anything else
     */
    static ScramVerifier parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("a SCRAM verifier of an unknown form");
        }
        byte[] storedKey = Secrets.decoded(matcher.group(3));
        byte[] serverKey = Secrets.decoded(matcher.group(4));
        if (storedKey.length != KEY_BYTES || serverKey.length != KEY_BYTES) {
            throw new IllegalArgumentException("a SCRAM verifier of an unknown form");
        }
        return new ScramVerifier(
                Integer.parseInt(matcher.group(1)), Secrets.decoded(matcher.group(2)), storedKey, serverKey);
    }

    String text() {
        Base64.Encoder encoder = Base64.getEncoder();
        return MECHANISM + "$" + rounds + ":" + encoder.encodeToString(salt) + "$" + encoder.encodeToString(storedKey)
                + ":" + encoder.encodeToString(serverKey);
    }

    int rounds() {
        return rounds;
    }

    /** In base64, as it is told to a client. */
    String salt() {
        return Base64.getEncoder().encodeToString(salt);
    }

    /**
     * Whether whoever made this proof has the password. Quick, and as quick when he has not.
     *
     * @param proof the client's
     * @param messages AuthMessage of RFC 5802 §3
     */
    boolean proves(byte[] proof, byte[] messages) {
        byte[] signature = Secrets.hmac(storedKey, messages);
        byte[] client = new byte[KEY_BYTES];
        for (int i = 0; i < KEY_BYTES; i++) {
            client[i] = (byte) (signature[i] ^ (i < proof.length ? proof[i] : 0));
        }
        return MessageDigest.isEqual(Secrets.digest("SHA-256", client), storedKey) && proof.length == KEY_BYTES;
    }

    /** What shows the client that the server knows him: base64. */
    String signature(byte[] messages) {
        return Base64.getEncoder().encodeToString(Secrets.hmac(serverKey, messages));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
