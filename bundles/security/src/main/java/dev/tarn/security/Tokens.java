// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Store;
import dev.tarn.api.store.Write;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Tokens that this node gives out: JSON Web Tokens (RFC 7519) signed with Ed25519 (RFC 8037) by a key that is made at the
 * first start and lies in {@code system.keys}. What a token's head says of algorithms and keys is compared and never
 * obeyed. Safe on any thread; blocks.
 */
final class Tokens {

    static final Table KEYS = new Table(
            Table.SYSTEM,
            "keys",
            null,
            java.util.List.of(Attribute.primaryKey("name", Attribute.Type.ID)),
            Table.Rules.STATE);

    static final Table REVOKED = new Table(
            Table.SYSTEM,
            "revoked",
            null,
            java.util.List.of(Attribute.primaryKey("id", Attribute.Type.ID)),
            Table.Rules.DECLARED);

    /** The longest token that is looked at, in characters. */
    static final int LONGEST = 4_096;

    static final Duration LONGEST_LIFE = Duration.ofDays(366);

    private static final String ALGORITHM = "Ed25519";
    private static final String HEAD = "{\"alg\":\"EdDSA\",\"typ\":\"JWT\"}";
    private static final int SIGNATURE = 64;
    private static final String ISSUER = "tarn";
    private static final long COMMIT_SECONDS = 60;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Store store;
    private final Bodies bodies;
    private final InstantSource clock;
    private final PrivateKey key;
    private final PublicKey verifier;

    /** Reads the key, or makes one. */
    Tokens(Store store, Bodies bodies, InstantSource clock) {
        this.store = store;
        this.bodies = bodies;
        this.clock = clock;
        store.define(KEYS);
        store.define(REVOKED);
        Row row;
        try (Snapshot snapshot = store.snapshot()) {
            row = snapshot.get(KEYS, KEYS.path("tokens")).orElse(null);
        }
        try {
            if (row != null && row.body().value() instanceof Map<?, ?> map) {
                KeyFactory factory = KeyFactory.getInstance(ALGORITHM);
                key = factory.generatePrivate(new PKCS8EncodedKeySpec(bytes(map.get("private"))));
                verifier = factory.generatePublic(new X509EncodedKeySpec(bytes(map.get("public"))));
            } else {
                KeyPair pair = KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair();
                key = pair.getPrivate();
                verifier = pair.getPublic();
                keep(pair);
            }
        } catch (GeneralSecurityException unusable) {
            throw new IllegalStateException("the key of tokens cannot be used", unusable);
        }
    }

    private static byte[] bytes(@Nullable Object value) {
        if (value instanceof byte[] bytes) {
            return bytes;
        }
        throw new IllegalStateException("the key of tokens in system.keys is none");
    }

    private void keep(KeyPair pair) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("name", "tokens");
        row.put("private", pair.getPrivate().getEncoded());
        row.put("public", pair.getPublic().getEncoded());
        try {
            store.commit(Write.of(
                            Draft.put(KEYS, KEYS.path("tokens"), bodies.of(row), Attributes.NONE, Expectation.ABSENT)))
                    .toCompletableFuture()
                    .get(COMMIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the key of tokens was written", stop);
        } catch (ExecutionException | TimeoutException failed) {
            throw new IllegalStateException("the key of tokens cannot be written", failed);
        }
    }

    /** A token and what it is revoked by. */
    record Issued(String token, String id, long expires) {}

    /** A new token for a user. */
    Issued issue(String user, Duration life) {
        if (life.isNegative() || life.isZero() || life.compareTo(LONGEST_LIFE) > 0) {
            throw new IllegalArgumentException("minutes: between 1 and " + LONGEST_LIFE.toMinutes());
        }
        byte[] random = new byte[16];
        RANDOM.nextBytes(random);
        String id = HexFormat.of().formatHex(random);
        long now = clock.instant().getEpochSecond();
        Map<String, Object> claims = new LinkedHashMap<>();
        claims.put("iss", ISSUER);
        claims.put("sub", user);
        claims.put("iat", now);
        claims.put("exp", now + life.toSeconds());
        claims.put("jti", id);
        String signed = encoded(HEAD.getBytes(StandardCharsets.UTF_8)) + "."
                + encoded(bodies.of(claims).as(Bodies.JSON).bytes());
        try {
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initSign(key);
            signature.update(signed.getBytes(StandardCharsets.US_ASCII));
            return new Issued(signed + "." + encoded(signature.sign()), id, now + life.toSeconds());
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("a token cannot be signed", impossible);
        }
    }

    private static String encoded(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** Revokes the token of this id; it stays so until the token would have ended anyway. */
    CompletionStage<Commit> revoke(String id) {
        if (!id.matches("[0-9a-f]{32}")) {
            throw new IllegalArgumentException("id: is the id that came with the token");
        }
        Attributes attributes = Attributes.builder()
                .expiresAt(clock.instant().plus(LONGEST_LIFE).toEpochMilli())
                .build();
        return store.commit(Write.of(
                Draft.put(REVOKED, REVOKED.path(id), bodies.of(Map.of("id", id)), attributes, Expectation.ANYTHING)));
    }

    /** Whether a password is perhaps a token. */
    static boolean like(byte[] secret) {
        return secret.length > 64
                && secret.length <= LONGEST
                && secret[0] == 'e'
                && secret[1] == 'y'
                && secret[2] == 'J';
    }

    /**
     * The user whom a token names.
     *
     * @throws Failure UNAUTHENTICATED when it is not ours, forged, over or revoked: always the same answer
     */
    String verified(String token) {
        String[] parts = token.length() > LONGEST ? new String[0] : token.split("\\.", -1);
        try {
            if (parts.length != 3 || !HEAD.equals(new String(decoded(parts[0]), StandardCharsets.UTF_8))) {
                throw wrong();
            }
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initVerify(verifier);
            signature.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
            byte[] signed = decoded(parts[2]);
            // The JDK takes longer ones too, with zeros behind.
            if (signed.length != SIGNATURE || !signature.verify(signed)) {
                throw wrong();
            }
            return named(bodies.structured(Bodies.JSON, decoded(parts[1])).value());
        } catch (GeneralSecurityException | IllegalArgumentException malformed) {
            throw wrong();
        }
    }

    /** One form only for the same bytes, so that a token is not valid in others than were given out. */
    private static byte[] decoded(String part) {
        byte[] bytes = Base64.getUrlDecoder().decode(part);
        if (!encoded(bytes).equals(part)) {
            throw new IllegalArgumentException("not the base64 that a token has");
        }
        return bytes;
    }

    private String named(@Nullable Object claims) {
        if (!(claims instanceof Map<?, ?> map)
                || !ISSUER.equals(map.get("iss"))
                || !(map.get("sub") instanceof String user)
                || !(map.get("exp") instanceof Long expires)
                || !(map.get("jti") instanceof String id)
                || expires <= clock.instant().getEpochSecond()) {
            throw wrong();
        }
        try (Snapshot snapshot = store.snapshot()) {
            if (snapshot.get(REVOKED, REVOKED.path(id)).isPresent()) {
                throw wrong();
            }
        }
        return user;
    }

    private static Failure wrong() {
        return new Failure(Failure.Code.UNAUTHENTICATED, "the token is not valid, or not any more");
    }
}
