// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import java.security.MessageDigest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * SHA-512 of a password and a salt, once, as {@code $sha512$salt$hash}: what Mosquitto before 2.0 kept under {@code $6$}.
 * Quick to guess at; only ever imported.
 */
final class Sha512Hash implements PasswordHash {

    static final String PREFIX = "$sha512$";

    private static final Pattern FORM = Pattern.compile("\\$sha512\\$([A-Za-z0-9+/]+)\\$([A-Za-z0-9+/]+)");
    private static final int HASH_BYTES = 64;

    private final byte[] salt;
    private final byte[] hash;

    /**
     * One that was made elsewhere.
     *
     * @throws IllegalArgumentException when it cannot be one
     */
    Sha512Hash(byte[] salt, byte[] hash) {
        if (salt.length == 0 || hash.length != HASH_BYTES) {
            throw PasswordHash.unknown();
        }
        this.salt = salt.clone();
        this.hash = hash.clone();
    }

    static Sha512Hash parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw PasswordHash.unknown();
        }
        return new Sha512Hash(Secrets.decoded(matcher.group(1)), Secrets.decoded(matcher.group(2)));
    }

    @Override
    public String text() {
        return PREFIX + Secrets.encoded(salt) + "$" + Secrets.encoded(hash);
    }

    @Override
    public boolean current(Cost cost) {
        return false;
    }

    @Override
    public boolean matches(byte[] secret) {
        return MessageDigest.isEqual(Secrets.digest("SHA-512", secret, salt), hash) && Secrets.legal(secret);
    }
}
