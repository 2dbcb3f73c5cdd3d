// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A public key of a token's issuer (RFC 7517), with the algorithms of RFC 7518 and RFC 8037 that it may be used with: those
 * of its type, so that a token cannot ask for another use of it. Secret keys are not known here. Immutable.
 *
 * @param id empty where the set gives none
 */
record JsonWebKey(String id, PublicKey key, List<String> algorithms) {

    private static final int LEAST_RSA_BITS = 2_048;
    private static final int ED25519_BYTES = 64;
    private static final Map<String, String> CURVES =
            Map.of("P-256", "secp256r1", "P-384", "secp384r1", "P-521", "secp521r1");
    private static final Map<String, String> OF_CURVE = Map.of("P-256", "ES256", "P-384", "ES384", "P-521", "ES512");

    /** The JDK's names; those of ES have both numbers one behind the other, as RFC 7518 §3.4. */
    private static final Map<String, String> SIGNATURES = Map.of(
            "RS256", "SHA256withRSA",
            "RS384", "SHA384withRSA",
            "RS512", "SHA512withRSA",
            "ES256", "SHA256withECDSAinP1363Format",
            "ES384", "SHA384withECDSAinP1363Format",
            "ES512", "SHA512withECDSAinP1363Format",
            "EdDSA", "Ed25519");

    JsonWebKey {
        algorithms = List.copyOf(algorithms);
    }

    /** The key that an object describes; empty for one that is not for signatures, or of another kind. */
    static Optional<JsonWebKey> of(Map<?, ?> described) {
        if (described.get("use") != null && !"sig".equals(described.get("use"))) {
            return Optional.empty();
        }
        try {
            return switch (text(described, "kty")) {
                case "RSA" -> rsa(described);
                case "EC" -> curve(described);
                case "OKP" -> edwards(described);
                default -> Optional.empty();
            };
        } catch (GeneralSecurityException | IllegalArgumentException unusable) {
            return Optional.empty();
        }
    }

    /** Whether the signature of these bytes is right. */
    boolean verifies(String algorithm, byte[] signed, byte[] signature) {
        String name = SIGNATURES.get(algorithm);
        // The JDK takes longer ones of Ed25519 too, with zeros behind.
        boolean tooLong = algorithm.equals("EdDSA") && signature.length != ED25519_BYTES;
        if (name == null || tooLong || !algorithms.contains(algorithm)) {
            return false;
        }
        try {
            Signature verifier = Signature.getInstance(name);
            verifier.initVerify(key);
            verifier.update(signed);
            return verifier.verify(signature);
        } catch (GeneralSecurityException malformed) {
            return false;
        }
    }

    private static Optional<JsonWebKey> rsa(Map<?, ?> described) throws GeneralSecurityException {
        RSAPublicKeySpec spec = new RSAPublicKeySpec(number(described, "n"), number(described, "e"));
        RSAPublicKey key = (RSAPublicKey) KeyFactory.getInstance("RSA").generatePublic(spec);
        return key.getModulus().bitLength() < LEAST_RSA_BITS
                ? Optional.empty()
                : key(described, key, List.of("RS256", "RS384", "RS512"));
    }

    private static Optional<JsonWebKey> curve(Map<?, ?> described) throws GeneralSecurityException {
        String name = text(described, "crv");
        String algorithm = OF_CURVE.get(name);
        if (algorithm == null) {
            return Optional.empty();
        }
        AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
        parameters.init(new ECGenParameterSpec(CURVES.get(name)));
        ECPublicKeySpec spec = new ECPublicKeySpec(
                new ECPoint(number(described, "x"), number(described, "y")),
                parameters.getParameterSpec(ECParameterSpec.class));
        return key(described, KeyFactory.getInstance("EC").generatePublic(spec), List.of(algorithm));
    }

    /** RFC 8037 §2: the y coordinate, little-endian, with the sign of x in its last bit (RFC 8032 §5.1.2). */
    private static Optional<JsonWebKey> edwards(Map<?, ?> described) throws GeneralSecurityException {
        byte[] bytes = bytes(described, "x");
        if (!text(described, "crv").equals("Ed25519") || bytes.length != 32) {
            return Optional.empty();
        }
        boolean odd = (bytes[31] & 0x80) != 0;
        bytes[31] &= 0x7F;
        byte[] reversed = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            reversed[i] = bytes[bytes.length - 1 - i];
        }
        EdECPublicKeySpec spec =
                new EdECPublicKeySpec(NamedParameterSpec.ED25519, new EdECPoint(odd, new BigInteger(1, reversed)));
        return key(described, KeyFactory.getInstance("Ed25519").generatePublic(spec), List.of("EdDSA"));
    }

    /** What the key itself says of its algorithm narrows it. */
    private static Optional<JsonWebKey> key(Map<?, ?> described, PublicKey key, List<String> possible) {
        Object said = described.get("alg");
        List<String> algorithms =
                said == null ? possible : possible.contains(said) ? List.of((String) said) : List.of();
        String id = described.get("kid") instanceof String given ? given : "";
        return algorithms.isEmpty() ? Optional.empty() : Optional.of(new JsonWebKey(id, key, algorithms));
    }

    private static BigInteger number(Map<?, ?> described, String name) {
        return new BigInteger(1, bytes(described, name));
    }

    private static byte[] bytes(Map<?, ?> described, String name) {
        return Base64.getUrlDecoder().decode(text(described, name));
    }

    private static String text(Map<?, ?> described, String name) {
        @Nullable Object value = described.get(name);
        if (value instanceof String text) {
            return text;
        }
        throw new IllegalArgumentException("a key without " + name);
    }
}
