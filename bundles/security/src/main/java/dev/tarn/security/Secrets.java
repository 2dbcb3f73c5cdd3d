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
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/** What is done with secrets as bytes. Safe on any thread. */
final class Secrets {

    /** The longest password, in bytes. */
    static final int LONGEST = 1_024;

    private static final SecureRandom RANDOM = new SecureRandom();

    private Secrets() {}

    static byte[] random(int length) {
        byte[] bytes = new byte[length];
        RANDOM.nextBytes(bytes);
        return bytes;
    }

    /** Base64 without padding. */
    static String encoded(byte[] bytes) {
        return Base64.getEncoder().withoutPadding().encodeToString(bytes);
    }

    static byte[] decoded(String text) {
        return Base64.getDecoder().decode(text);
    }

    /**
     * Whether this can be a password: UTF-8, 1 to {@value #LONGEST} bytes, without U+0000, since HMAC takes a key and the
     * same key with NULs behind it for one (RFC 2104 §2).
     */
    static boolean legal(byte[] secret) {
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

    /**
     * PBKDF2 (RFC 8018 §5.2).
     *
     * @param hmac such as {@code HmacSHA512}
     */
    static byte[] pbkdf2(String hmac, byte[] secret, byte[] salt, int rounds, int length) {
        char[] characters = characters(secret);
        PBEKeySpec key = new PBEKeySpec(characters, salt, rounds, length * Byte.SIZE);
        try {
            return SecretKeyFactory.getInstance("PBKDF2With" + hmac)
                    .generateSecret(key)
                    .getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no PBKDF2 with " + hmac, e);
        } finally {
            key.clearPassword();
            Arrays.fill(characters, '\0');
        }
    }

    static byte[] hmac(byte[] key, byte[] message) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(message);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no HMAC with SHA-256", e);
        }
    }

    static byte[] digest(String algorithm, byte[]... parts) {
        try {
            MessageDigest digest = MessageDigest.getInstance(algorithm);
            for (byte[] part : parts) {
                digest.update(part);
            }
            return digest.digest();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no " + algorithm, e);
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
}
