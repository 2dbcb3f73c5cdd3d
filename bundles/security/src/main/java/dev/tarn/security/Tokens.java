// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
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
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * Tokens that this node gives out: JSON Web Tokens (RFC 7519) signed with Ed25519 (RFC 8037) by a key that is made at the
 * first start and lies in {@code system.keys}. What a token's head says of algorithms and keys is compared and never
 * obeyed. Safe on any thread; blocks.
 */
final class Tokens {

    static final Table REVOKED = new Table(
            Table.SYSTEM,
            "revoked",
            null,
            java.util.List.of(Attribute.primaryKey("id", Attribute.Type.ID)),
            Table.Rules.DECLARED);

    static final Duration LONGEST_LIFE = Duration.ofDays(366);

    private static final String ALGORITHM = "Ed25519";

    /** The head and its dot: no other is ours, so that it is never obeyed. */
    private static final String PREFIX =
            WebToken.encoded("{\"alg\":\"EdDSA\",\"typ\":\"JWT\"}".getBytes(StandardCharsets.UTF_8)) + ".";

    private static final int SIGNATURE = 64;
    private static final String ISSUER = "tarn";

    private final Store store;
    private final Bodies bodies;
    private final InstantSource clock;
    private final PrivateKey key;
    private final PublicKey verifier;

    /** Reads the key, or makes one. */
    Tokens(Store store, Bodies bodies, KeyTable keys, InstantSource clock) {
        this.store = store;
        this.bodies = bodies;
        this.clock = clock;
        store.define(REVOKED);
        try {
            Map<?, ?> kept = keys.key("tokens", Tokens::pair);
            KeyFactory factory = KeyFactory.getInstance(ALGORITHM);
            key = factory.generatePrivate(new PKCS8EncodedKeySpec(KeyTable.part(kept, "private")));
            verifier = factory.generatePublic(new X509EncodedKeySpec(KeyTable.part(kept, "public")));
        } catch (GeneralSecurityException unusable) {
            throw new IllegalStateException("the key of tokens cannot be used", unusable);
        }
    }

    private static Map<String, byte[]> pair() {
        try {
            KeyPair pair = KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair();
            return Map.of(
                    "private", pair.getPrivate().getEncoded(),
                    "public", pair.getPublic().getEncoded());
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("this Java has no " + ALGORITHM, impossible);
        }
    }

    /** A token and what it is revoked by. */
    record Issued(String token, String id, long expires) {}

    /** Whose a token is, what it is revoked by, and when it ends. */
    record Verified(String user, String id, Instant until) {}

    /** A new token for a user. */
    Issued issue(String user, Duration life) {
        if (life.isNegative() || life.isZero() || life.compareTo(LONGEST_LIFE) > 0) {
            throw new IllegalArgumentException("minutes: between 1 and " + LONGEST_LIFE.toMinutes());
        }
        return issue(user, life, id());
    }

    /** A number that tokens are revoked by. */
    static String id() {
        return HexFormat.of().formatHex(Secrets.random(16));
    }

    /** A new token for a user, which is revoked with others of the same id. */
    Issued issue(String user, Duration life, String id) {
        long now = clock.instant().getEpochSecond();
        Map<String, Object> claims = new LinkedHashMap<>();
        claims.put("iss", ISSUER);
        claims.put("sub", user);
        claims.put("iat", now);
        claims.put("exp", now + life.toSeconds());
        claims.put("jti", id);
        String signed =
                PREFIX + WebToken.encoded(bodies.of(claims).as(Bodies.JSON).bytes());
        try {
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initSign(key);
            signature.update(signed.getBytes(StandardCharsets.US_ASCII));
            return new Issued(signed + "." + WebToken.encoded(signature.sign()), id, now + life.toSeconds());
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("a token cannot be signed", impossible);
        }
    }

    /** Revokes the tokens of this id; they stay so until they would have ended anyway. */
    CompletionStage<Commit> revoke(String id) {
        return store.commit(Write.of(revocation(id)));
    }

    /** What revokes the tokens of this id. */
    Draft revocation(String id) {
        if (!id.matches("[0-9a-f]{32}")) {
            throw new IllegalArgumentException("id: is the id that came with the token");
        }
        Attributes attributes = Attributes.builder()
                .expiresAt(clock.instant().plus(LONGEST_LIFE).toEpochMilli())
                .build();
        return Draft.put(REVOKED, REVOKED.path(id), bodies.of(Map.of("id", id)), attributes, Expectation.ANYTHING);
    }

    /** Tells on the store's sync thread which tokens were revoked, by their ids. */
    AutoCloseable observe(Consumer<String> revoked) {
        String name = REVOKED.qualifiedName();
        return store.observe(commits -> {
            for (Commit commit : commits) {
                for (Change change : commit.changes()) {
                    if (change.table().equals(name)) {
                        revoked.accept(Objects.requireNonNullElse(REVOKED.id(change.path()), ""));
                    }
                }
            }
        });
    }

    /** Whether the tokens of this id were revoked. Blocks. */
    boolean revoked(String id) {
        try (Snapshot snapshot = store.snapshot()) {
            return snapshot.get(REVOKED, REVOKED.path(id)).isPresent();
        }
    }

    /** Whether a password is perhaps a token. */
    static boolean like(byte[] secret) {
        return secret.length > 64
                && secret.length <= WebToken.LONGEST
                && secret[0] == 'e'
                && secret[1] == 'y'
                && secret[2] == 'J';
    }

    /** Whether a token says that it is one of ours. */
    static boolean ours(String token) {
        return token.startsWith(PREFIX);
    }

    /**
     * Whom a token names.
     *
     * @throws Failure UNAUTHENTICATED when it is not ours, forged, over or revoked: always the same answer
     */
    Verified verified(String token) {
        try {
            WebToken parts = WebToken.of(token, bodies);
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initVerify(verifier);
            signature.update(parts.signed());
            // The JDK takes longer ones too, with zeros behind.
            if (!ours(token) || parts.signature().length != SIGNATURE || !signature.verify(parts.signature())) {
                throw wrong();
            }
            return named(parts.claims());
        } catch (GeneralSecurityException | IllegalArgumentException malformed) {
            throw wrong();
        }
    }

    private Verified named(Map<?, ?> map) {
        if (!ISSUER.equals(map.get("iss"))
                || !(map.get("sub") instanceof String user)
                || !(map.get("exp") instanceof Long expires)
                || !(map.get("jti") instanceof String id)
                || expires <= clock.instant().getEpochSecond()) {
            throw wrong();
        }
        if (revoked(id)) {
            throw wrong();
        }
        return new Verified(user, id, Instant.ofEpochSecond(expires));
    }

    static Failure wrong() {
        return new Failure(Failure.Code.UNAUTHENTICATED, "the token is not valid, or not any more");
    }
}
