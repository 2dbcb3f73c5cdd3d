// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/**
 * What is kept of a password: PBKDF2 with HMAC-SHA-512 (RFC 8018 §5.2), written so that it says itself how it was made:
 * {@code $pbkdf2-sha512$i=210000$salt$hash}, the last two in base64. Immutable. Making and checking one takes tenths of a
 * second: never on an event loop.
 */
final class PasswordHash {

    /** The longest password, in bytes. */
    static final int LONGEST = 1_024;

    private static final String ALGORITHM = "pbkdf2-sha512";
    private static final Pattern FORM =
            Pattern.compile("\\$" + ALGORITHM + "\\$i=([1-9][0-9]{0,7})\\$([A-Za-z0-9+/]+)\\$([A-Za-z0-9+/]+)");
    private static final int SALT_BYTES = 16;
    private static final int HASH_BYTES = 64;

    private static final SecureRandom RANDOM = new SecureRandom();

    private final int iterations;
    private final byte[] salt;
    private final byte[] hash;

    private PasswordHash(int iterations, byte[] salt, byte[] hash) {
        this.iterations = iterations;
        this.salt = salt;
        this.hash = hash;
    }

    /**
     * The hash of a new password.
     *
     * @param secret UTF-8, not changed
     * @throws IllegalArgumentException when it is empty, too long, not UTF-8, or has U+0000
     */
    static PasswordHash of(byte[] secret, int iterations) {
        if (!legal(secret)) {
            throw new IllegalArgumentException("a password is 1 to " + LONGEST + " bytes of UTF-8 without U+0000");
        }
        byte[] salt = random(SALT_BYTES);
        return new PasswordHash(iterations, salt, derive(secret, salt, iterations));
    }

    /** The hash of a password that nobody knows, to be checked in the place of one that does not exist. */
    static PasswordHash ofNobody(int iterations) {
        return new PasswordHash(iterations, random(SALT_BYTES), random(HASH_BYTES));
    }

    /**
     * Reads what {@link #text()} wrote.
     *
     * @throws IllegalArgumentException when it is anything else
     */
    static PasswordHash parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("a password hash of an unknown form");
        }
        return new PasswordHash(
                Integer.parseInt(matcher.group(1)),
                Base64.getDecoder().decode(matcher.group(2)),
                Base64.getDecoder().decode(matcher.group(3)));
    }

    String text() {
        Base64.Encoder encoder = Base64.getEncoder().withoutPadding();
        return "$" + ALGORITHM + "$i=" + iterations + "$" + encoder.encodeToString(salt) + "$"
                + encoder.encodeToString(hash);
    }

    /** Whether it was made as new ones are made. */
    boolean current(int wanted) {
        return iterations == wanted && hash.length == HASH_BYTES;
    }

    /** Whether this is the password; takes the same time whether it is or not. */
    boolean matches(byte[] secret) {
        byte[] derived = derive(secret, salt, iterations);
        boolean same = MessageDigest.isEqual(derived, hash);
        Arrays.fill(derived, (byte) 0);
        return same && legal(secret);
    }

    private static byte[] derive(byte[] secret, byte[] salt, int iterations) {
        char[] characters = characters(secret);
        PBEKeySpec key = new PBEKeySpec(characters, salt, iterations, HASH_BYTES * Byte.SIZE);
        try {
            return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA512")
                    .generateSecret(key)
                    .getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no PBKDF2 with HMAC-SHA-512", e);
        } finally {
            key.clearPassword();
            Arrays.fill(characters, '\0');
        }
    }

    private static char[] characters(byte[] secret) {
        CharBuffer decoded = CharBuffer.allocate(secret.length + 1);
        StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .decode(ByteBuffer.wrap(secret), decoded, true);
        char[] characters = Arrays.copyOf(decoded.array(), decoded.position());
        Arrays.fill(decoded.array(), '\0');
        return characters;
    }

    /** HMAC takes a key and the same key with NULs behind it for one (RFC 2104 §2), so there are none in a password. */
    private static boolean legal(byte[] secret) {
        if (secret.length == 0 || secret.length > LONGEST) {
            return false;
        }
        for (byte b : secret) {
            if (b == 0) {
                return false;
            }
        }
        try {
            CharBuffer decoded = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(secret));
            Arrays.fill(decoded.array(), '\0');
            return true;
        } catch (CharacterCodingException notText) {
            return false;
        }
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        RANDOM.nextBytes(bytes);
        return bytes;
    }
}
