// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * PBKDF2 with HMAC-SHA-512, as {@code $pbkdf2-sha512$i=210000$salt$hash}, the last two in base64: what was kept before
 * there was Argon2id, and what Mosquitto keeps under {@code $7$}.
 */
final class Pbkdf2Hash implements PasswordHash {

    static final String PREFIX = "$pbkdf2-sha512$";

    private static final Pattern FORM =
            Pattern.compile("\\$pbkdf2-sha512\\$i=([1-9][0-9]{0,6})\\$([A-Za-z0-9+/]+)\\$([A-Za-z0-9+/]+)");
    private static final int HASH_BYTES = 64;

    private final int rounds;
    private final byte[] salt;
    private final byte[] hash;

    /**
     * One that was made elsewhere.
     *
     * @throws IllegalArgumentException when it cannot be one
     */
    Pbkdf2Hash(int rounds, byte[] salt, byte[] hash) {
        if (rounds < 1 || rounds > 9_999_999 || salt.length == 0 || hash.length != HASH_BYTES) {
            throw PasswordHash.unknown();
        }
        this.rounds = rounds;
        this.salt = salt.clone();
        this.hash = hash.clone();
    }

    static Pbkdf2Hash parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw PasswordHash.unknown();
        }
        return new Pbkdf2Hash(
                Integer.parseInt(matcher.group(1)),
                Secrets.decoded(matcher.group(2)),
                Secrets.decoded(matcher.group(3)));
    }

    @Override
    public String text() {
        return PREFIX + "i=" + rounds + "$" + Secrets.encoded(salt) + "$" + Secrets.encoded(hash);
    }

    @Override
    public boolean current(Cost cost) {
        return false;
    }

    @Override
    public boolean matches(byte[] secret) {
        byte[] derived = Secrets.pbkdf2("HmacSHA512", secret, salt, rounds, HASH_BYTES);
        boolean same = MessageDigest.isEqual(derived, hash);
        Arrays.fill(derived, (byte) 0);
        return same && Secrets.legal(secret);
    }
}
