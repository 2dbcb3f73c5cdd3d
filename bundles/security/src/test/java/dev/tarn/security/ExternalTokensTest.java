// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.net.httpserver.HttpServer;
import dev.tarn.api.codec.Bodies;
import dev.tarn.codec.CodecBodies;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens of another issuer, and what pretends to be one. */
class ExternalTokensTest {

    private static KeyPair rsa;
    private static KeyPair curve;
    private static KeyPair edwards;

    @TempDir
    Path directory;

    private final Bodies bodies = CodecBodies.standard();
    private final TestClock clock = new TestClock();
    private ExternalTokens tokens;
    private Path keys;

    @BeforeAll
    static void keys() throws GeneralSecurityException {
        rsa = pair("RSA", 2_048);
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        curve = generator.generateKeyPair();
        edwards = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    }

    private static KeyPair pair(String algorithm, int bits) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        generator.initialize(bits);
        return generator.generateKeyPair();
    }

    @BeforeEach
    void start() throws IOException {
        keys = directory.resolve("jwks.json");
        publish(List.of(described("r", rsa), described("c", curve), described("e", edwards)));
        tokens = at(keys.toString());
    }

    private ExternalTokens at(String place) {
        return new ExternalTokens(
                new ExternalTokens.Issuer("https://login.example", "tarn", place, "sub", "groups", 60), bodies, clock);
    }

    private static Map<String, Object> described(String id, KeyPair pair) {
        Map<String, Object> key = new LinkedHashMap<>(Map.of("kid", id, "use", "sig"));
        if (pair.getPublic() instanceof RSAPublicKey rsa) {
            key.putAll(Map.of("kty", "RSA", "n", number(rsa.getModulus().toByteArray(), 0), "e", "AQAB"));
        } else if (pair.getPublic() instanceof ECPublicKey ec) {
            key.putAll(Map.of(
                    "kty",
                    "EC",
                    "crv",
                    "P-256",
                    "x",
                    number(ec.getW().getAffineX().toByteArray(), 32),
                    "y",
                    number(ec.getW().getAffineY().toByteArray(), 32)));
        } else {
            byte[] encoded = ((EdECPublicKey) pair.getPublic()).getEncoded();
            byte[] point = Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length);
            key.putAll(Map.of("kty", "OKP", "crv", "Ed25519", "x", WebToken.encoded(point)));
        }
        return key;
    }

    /** Without the sign's zero, and as long as a curve wants it. */
    private static String number(byte[] bytes, int length) {
        int from = bytes[0] == 0 ? 1 : 0;
        byte[] plain = Arrays.copyOfRange(bytes, from, bytes.length);
        byte[] padded = new byte[Math.max(length, plain.length)];
        System.arraycopy(plain, 0, padded, padded.length - plain.length, plain.length);
        return WebToken.encoded(padded);
    }

    private void publish(List<Map<String, ?>> described) throws IOException {
        Files.write(keys, set(described));
    }

    private byte[] set(List<Map<String, ?>> described) {
        return bodies.of(Map.of("keys", described)).as(Bodies.JSON).bytes();
    }

    private Map<String, Object> claims(Object... given) {
        long now = clock.instant().getEpochSecond();
        Map<String, Object> claims = new LinkedHashMap<>(
                Map.of("iss", "https://login.example", "aud", "tarn", "sub", "ada", "exp", now + 300, "iat", now));
        for (int i = 0; i < given.length; i += 2) {
            if (given[i + 1].equals("")) {
                claims.remove(given[i]);
            } else {
                claims.put((String) given[i], given[i + 1]);
            }
        }
        return claims;
    }

    private String text(Map<String, ?> object) {
        return WebToken.encoded(bodies.of(object).as(Bodies.JSON).bytes());
    }

    private String token(Map<String, ?> head, Map<String, ?> claims, String algorithm, KeyPair pair) {
        String signed = text(head) + "." + text(claims);
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(pair.getPrivate());
            signature.update(signed.getBytes(StandardCharsets.US_ASCII));
            return signed + "." + WebToken.encoded(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private String signed(Object... claims) {
        return token(Map.of("alg", "EdDSA", "kid", "e"), claims(claims), "Ed25519", edwards);
    }

    private ExternalTokens.Named verified(String token) {
        return tokens.verified(WebToken.of(token, bodies));
    }

    private void assertRefused(String token) {
        assertThat(catchThrowable(() -> verified(token))).as(token).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void what_the_issuer_signed_names_a_user() {
        for (String token : List.of(
                token(Map.of("alg", "RS256", "kid", "r"), claims(), "SHA256withRSA", rsa),
                token(Map.of("alg", "RS512", "kid", "r", "typ", "JWT"), claims(), "SHA512withRSA", rsa),
                token(Map.of("alg", "ES256", "kid", "c"), claims(), "SHA256withECDSAinP1363Format", curve),
                token(Map.of("alg", "EdDSA"), claims(), "Ed25519", edwards),
                signed("aud", List.of("other", "tarn")),
                signed("nbf", clock.instant().getEpochSecond() + 30),
                signed("exp", clock.instant().getEpochSecond() - 30),
                signed("exp", clock.instant().getEpochSecond() + 0.5))) {
            assertThat(verified(token).name()).isEqualTo("ada");
        }
        assertThat(verified(signed("groups", List.of("a", "b"))).roles()).containsExactlyInAnyOrder("a", "b");
        assertThat(verified(signed("groups", "a b")).roles()).containsExactlyInAnyOrder("a", "b");
    }

    @Test
    void what_its_claims_do_not_allow_is_refused() {
        long now = clock.instant().getEpochSecond();
        assertRefused(signed("iss", "https://login.example.evil"));
        assertRefused(signed("iss", ""));
        assertRefused(signed("aud", "other"));
        assertRefused(signed("aud", List.of()));
        assertRefused(signed("aud", ""));
        assertRefused(signed("exp", now - 61));
        assertRefused(signed("exp", ""));
        assertRefused(signed("exp", "never"));
        assertRefused(signed("exp", -1));
        assertRefused(signed("nbf", now + 61));
        assertRefused(signed("sub", ""));
        assertRefused(signed("sub", "a/#"));
        assertRefused(signed("sub", 7));
    }

    @Test
    void what_asks_for_another_algorithm_or_key_is_refused() throws Exception {
        assertRefused(text(Map.of("alg", "none")) + "." + text(claims()) + ".");
        assertRefused(text(Map.of("alg", "None", "kid", "r")) + "." + text(claims()) + ".");
        assertRefused(text(Map.of("kid", "r")) + "." + text(claims()) + ".");
        // The issuer's public key as the secret of an HMAC: it must not be taken for one.
        for (byte[] secret : List.of(rsa.getPublic().getEncoded(), Files.readAllBytes(keys))) {
            String head = text(Map.of("alg", "HS256", "kid", "r")) + "." + text(claims());
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            assertRefused(head + "." + WebToken.encoded(mac.doFinal(head.getBytes(StandardCharsets.US_ASCII))));
        }
        assertRefused(token(Map.of("alg", "RS256", "kid", "c"), claims(), "SHA256withRSA", rsa));
        assertRefused(token(Map.of("alg", "ES256", "kid", "r"), claims(), "SHA256withRSA", rsa));
        assertRefused(token(Map.of("alg", "PS256", "kid", "r"), claims(), "SHA256withRSA", rsa));
        assertRefused(token(Map.of("alg", "RS256", "kid", "../../etc/passwd"), claims(), "SHA256withRSA", rsa));
        assertRefused(token(Map.of("alg", "RS256", "kid", "' OR 1=1"), claims(), "SHA256withRSA", rsa));
        assertRefused(token(Map.of("alg", "EdDSA", "kid", "e", "crit", List.of("exp")), claims(), "Ed25519", edwards));
        // A key that the token brings along counts for nothing.
        KeyPair own = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        assertRefused(token(
                Map.of("alg", "EdDSA", "jwk", described("x", own), "jku", "https://evil.example/jwks"),
                claims(),
                "Ed25519",
                own));
        String good = signed();
        assertRefused(good + "A");
        assertRefused(good.substring(0, good.length() - 4));
        for (String broken : List.of("", "a", "a.b", "a.b.c", "..", "x".repeat(100_000))) {
            assertThatThrownBy(() -> WebToken.of(broken, bodies)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void keys_that_are_not_good_enough_are_not_used() throws Exception {
        KeyPair small = pair("RSA", 1_024);
        Map<String, Object> forEncryption = described("e", edwards);
        forEncryption.put("use", "enc");
        Map<String, Object> other = described("r", rsa);
        other.put("alg", "RS512");
        publish(List.of(
                described("s", small), forEncryption, other, Map.of("kty", "oct", "kid", "o", "k", "AAAA"), Map.of()));
        assertRefused(token(Map.of("alg", "RS256", "kid", "s"), claims(), "SHA256withRSA", small));
        assertRefused(signed());
        assertRefused(token(Map.of("alg", "RS256", "kid", "r"), claims(), "SHA256withRSA", rsa));
        assertThat(verified(token(Map.of("alg", "RS512", "kid", "r"), claims(), "SHA512withRSA", rsa))
                        .name())
                .isEqualTo("ada");
    }

    @Test
    void a_new_key_is_found_an_old_one_is_dropped_and_what_cannot_be_read_changes_nothing() throws Exception {
        assertThat(verified(signed()).name()).isEqualTo("ada");
        KeyPair next = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        String ofNext = token(Map.of("alg", "EdDSA", "kid", "next"), claims("exp", 99_999_999_999L), "Ed25519", next);
        clock.forward(KeySet.PAUSE.plusSeconds(1));
        assertRefused(ofNext);
        publish(List.of(described("next", next)));
        assertRefused(ofNext); // asked for a moment ago
        clock.forward(KeySet.PAUSE.plusSeconds(1));
        assertThat(verified(ofNext).name()).isEqualTo("ada");
        assertRefused(signed());
        Files.writeString(keys, "{");
        clock.forward(KeySet.FRESH.plusSeconds(1));
        assertThat(verified(ofNext).name()).isEqualTo("ada");
        Files.delete(keys);
        clock.forward(KeySet.PAUSE.plusSeconds(1));
        assertThat(verified(ofNext).name()).isEqualTo("ada");
    }

    @Test
    void keys_are_fetched_and_not_for_every_token() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        AtomicReference<byte[]> served = new AtomicReference<>(set(List.of(described("e", edwards))));
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/jwks", exchange -> {
            asked.incrementAndGet();
            byte[] body = Objects.requireNonNull(served.get());
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        try {
            tokens = at("http://127.0.0.1:" + server.getAddress().getPort() + "/jwks");
            for (int i = 0; i < 10; i++) {
                assertThat(verified(signed()).name()).isEqualTo("ada");
            }
            for (int i = 0; i < 10; i++) {
                assertRefused(token(Map.of("alg", "EdDSA", "kid", "k" + i), claims(), "Ed25519", edwards));
            }
            assertThat(asked.get()).isEqualTo(1);
            served.set(new byte[2_000_000]);
            clock.forward(KeySet.FRESH.plusSeconds(1));
            assertThat(verified(signed()).name()).isEqualTo("ada");
            assertThat(asked.get()).isEqualTo(2);
        } finally {
            server.stop(0);
        }
    }

    @Test
    void a_configuration_that_anybody_could_answer_for_is_refused() {
        assertThatThrownBy(() -> at("http://login.example/jwks")).hasMessageContaining("https");
        List<String> whole = new ArrayList<>(List.of("i", "a", "k", "sub"));
        for (int missing = 0; missing < whole.size(); missing++) {
            Map<Integer, String> given = new HashMap<>();
            for (int i = 0; i < whole.size(); i++) {
                given.put(i, i == missing ? "" : whole.get(i));
            }
            assertThatThrownBy(() ->
                            new ExternalTokens.Issuer(given.get(0), given.get(1), given.get(2), given.get(3), "", 60))
                    .hasMessageContaining("belong together");
        }
    }
}
