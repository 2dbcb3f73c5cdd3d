// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;

/** Argon2id (RFC 9106), one lane, as {@code $argon2id$v=19$m=19456,t=2,p=1$salt$hash}, the last two in base64. */
final class Argon2Hash implements PasswordHash {

    static final String PREFIX = "$argon2id$";

    private static final Pattern FORM = Pattern.compile(
            "\\$argon2id\\$v=19\\$m=([1-9][0-9]{0,6}),t=([1-9][0-9]{0,2}),p=1\\$([A-Za-z0-9+/]+)\\$([A-Za-z0-9+/]+)");
    private static final int SALT_BYTES = 16;
    private static final int HASH_BYTES = 32;

    private final int memory;
    private final int passes;
    private final byte[] salt;
    private final byte[] hash;

    private Argon2Hash(int memory, int passes, byte[] salt, byte[] hash) {
        this.memory = memory;
        this.passes = passes;
        this.salt = salt;
        this.hash = hash;
    }

    static Argon2Hash of(byte[] secret, Cost cost) {
        byte[] salt = Secrets.random(SALT_BYTES);
        byte[] hash = derive(secret, salt, cost.memory(), cost.passes(), HASH_BYTES);
        return new Argon2Hash(cost.memory(), cost.passes(), salt, hash);
    }

    static Argon2Hash ofNobody(Cost cost) {
        return new Argon2Hash(cost.memory(), cost.passes(), Secrets.random(SALT_BYTES), Secrets.random(HASH_BYTES));
    }

    static Argon2Hash parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw PasswordHash.unknown();
        }
        Cost cost = new Cost(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)), 0);
        byte[] salt = Secrets.decoded(matcher.group(3));
        byte[] hash = Secrets.decoded(matcher.group(4));
        // RFC 9106 §3.1; what is shorter protects nothing.
        if (salt.length < 8 || hash.length < 16 || hash.length > 128) {
            throw PasswordHash.unknown();
        }
        return new Argon2Hash(cost.memory(), cost.passes(), salt, hash);
    }

    @Override
    public String text() {
        return PREFIX + "v=19$m=" + memory + ",t=" + passes + ",p=1$" + Secrets.encoded(salt) + "$"
                + Secrets.encoded(hash);
    }

    @Override
    public boolean current(Cost cost) {
        return memory == cost.memory() && passes == cost.passes() && hash.length == HASH_BYTES;
    }

    @Override
    public boolean matches(byte[] secret) {
        byte[] derived = derive(secret, salt, memory, passes, hash.length);
        boolean same = MessageDigest.isEqual(derived, hash);
        Arrays.fill(derived, (byte) 0);
        return same && Secrets.legal(secret);
    }

    private static byte[] derive(byte[] secret, byte[] salt, int memory, int passes, int length) {
        Argon2BytesGenerator generator = new Argon2BytesGenerator();
        generator.init(new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
                .withVersion(Argon2Parameters.ARGON2_VERSION_13)
                .withMemoryAsKB(memory)
                .withIterations(passes)
                .withParallelism(1)
                .withSalt(salt)
                .build());
        byte[] derived = new byte[length];
        generator.generateBytes(secret, derived);
        return derived;
    }
}
