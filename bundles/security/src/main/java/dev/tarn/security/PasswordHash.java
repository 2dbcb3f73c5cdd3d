// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

/**
 * What is kept of a password to check it with; its text says itself how it was made. New ones are Argon2id; the others
 * came from elsewhere or from earlier, and are replaced at the next login. Immutable. Making and checking one takes up to
 * tenths of a second: never on an event loop.
 */
sealed interface PasswordHash permits Argon2Hash, Pbkdf2Hash, Sha512Hash {

    /** The longest password, in bytes. */
    int LONGEST = Secrets.LONGEST;

    /**
     * The hash of a new password.
     *
     * @param secret UTF-8, not changed
     * @throws IllegalArgumentException when it is empty, too long, not UTF-8, or has U+0000
     */
    static PasswordHash of(byte[] secret, Cost cost) {
        if (!Secrets.legal(secret)) {
            throw new IllegalArgumentException("a password is 1 to " + LONGEST + " bytes of UTF-8 without U+0000");
        }
        return Argon2Hash.of(secret, cost);
    }

    /** The hash of a password that nobody knows, to be checked in the place of one that does not exist. */
    static PasswordHash ofNobody(Cost cost) {
        return Argon2Hash.ofNobody(cost);
    }

    /**
     * Reads what {@link #text()} wrote.
     *
     * @throws IllegalArgumentException when it is anything else
     */
    static PasswordHash parse(String text) {
        if (text.startsWith(Argon2Hash.PREFIX)) {
            return Argon2Hash.parse(text);
        } else if (text.startsWith(Pbkdf2Hash.PREFIX)) {
            return Pbkdf2Hash.parse(text);
        } else if (text.startsWith(Sha512Hash.PREFIX)) {
            return Sha512Hash.parse(text);
        }
        throw unknown();
    }

    String text();

    /** Whether it was made as new ones are made. */
    boolean current(Cost cost);

    /** Whether this is the password; takes the same time whether it is or not. */
    boolean matches(byte[] secret);

    /** A hash that nothing here has written. */
    static IllegalArgumentException unknown() {
        return new IllegalArgumentException("a password hash of an unknown form");
    }
}
