// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * The certificates that this node shows: the one whose names cover what the client asks for (RFC 6066 §3), else the first.
 * Immutable.
 */
final class ServerKeys extends X509ExtendedKeyManager {
    private static final int DNS_NAME = 2;
    private static final Pattern NUMBER = Pattern.compile("\\d+");

    private final List<Pair> pairs;
    private final Map<String, Integer> byName = new HashMap<>();

    /** A chain, the node's own certificate first, and the key that belongs to it. */
    record Pair(List<X509Certificate> chain, PrivateKey key) {

        X509Certificate own() {
            return chain.get(0);
        }

        /** Whether the key is that of the certificate: what it signs is verified. */
        boolean belongs() {
            byte[] probe = new byte[32];
            try {
                Signature signature = Signature.getInstance(algorithm(own().getPublicKey()));
                signature.initSign(key);
                signature.update(probe);
                byte[] signed = signature.sign();
                signature.initVerify(own().getPublicKey());
                signature.update(probe);
                return signature.verify(signed);
            } catch (GeneralSecurityException otherKind) {
                return false;
            }
        }

        private static String algorithm(PublicKey key) {
            return switch (key.getAlgorithm()) {
                case "EC" -> "SHA256withECDSA";
                case "EdDSA", "Ed25519", "Ed448" -> "EdDSA";
                default -> "SHA256withRSA";
            };
        }
    }

    ServerKeys(List<Pair> pairs) {
        super();
        this.pairs = List.copyOf(pairs);
        for (int i = 0; i < pairs.size(); i++) {
            for (String name : names(pairs.get(i).own())) {
                byName.putIfAbsent(name, i);
            }
        }
    }

    /** The DNS names of a certificate, in lower case. */
    private static List<String> names(X509Certificate certificate) {
        try {
            var alternatives = certificate.getSubjectAlternativeNames();
            return alternatives == null
                    ? List.of()
                    : alternatives.stream()
                            .filter(name -> Objects.equals(name.get(0), DNS_NAME))
                            .map(name -> String.valueOf(name.get(1)).toLowerCase(Locale.ROOT))
                            .toList();
        } catch (CertificateParsingException unreadable) {
            return List.of();
        }
    }

    @Override
    public @Nullable String chooseEngineServerAlias(String keyType, Principal @Nullable [] issuers, SSLEngine engine) {
        int asked = asked(engine);
        if (fits(keyType, asked)) {
            return String.valueOf(asked);
        }
        for (int i = 0; i < pairs.size(); i++) {
            // Another certificate of the same name, for another kind of key.
            if (fits(keyType, i) && sameNames(i, asked)) {
                return String.valueOf(i);
            }
        }
        return null;
    }

    private boolean sameNames(int one, int other) {
        return names(pairs.get(one).own()).equals(names(pairs.get(other).own()));
    }

    private boolean fits(String keyType, int index) {
        String algorithm = pairs.get(index).own().getPublicKey().getAlgorithm();
        String kind = keyType.startsWith("EC") ? "EC" : keyType.equals("RSASSA-PSS") ? "RSA" : keyType;
        return kind.equals(algorithm) || (kind.startsWith("Ed") && algorithm.startsWith("Ed"));
    }

    private int asked(SSLEngine engine) {
        if (engine.getHandshakeSession() instanceof ExtendedSSLSession session) {
            for (SNIServerName name : session.getRequestedServerNames()) {
                if (name instanceof SNIHostName host) {
                    String full = host.getAsciiName().toLowerCase(Locale.ROOT);
                    Integer exact = byName.get(full);
                    // RFC 9525 §6.3: a wildcard stands for the first label.
                    Integer covering = exact == null ? byName.get("*" + full.substring(dot(full))) : exact;
                    return covering == null ? 0 : covering;
                }
            }
        }
        return 0;
    }

    private static int dot(String name) {
        int dot = name.indexOf('.');
        return dot < 0 ? name.length() : dot;
    }

    private @Nullable Pair pair(@Nullable String alias) {
        if (alias == null || !NUMBER.matcher(alias).matches()) {
            return null;
        }
        return pairs.get(Integer.parseInt(alias));
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(@Nullable String alias) {
        Pair pair = pair(alias);
        return pair == null ? null : pair.chain().toArray(X509Certificate[]::new);
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(@Nullable String alias) {
        Pair pair = pair(alias);
        return pair == null ? null : pair.key();
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
        return null;
    }

    @Override
    public @Nullable String chooseServerAlias(String keyType, Principal @Nullable [] issuers, Socket socket) {
        return null;
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
        return null;
    }

    @Override
    public @Nullable String chooseClientAlias(String[] keyTypes, Principal @Nullable [] issuers, Socket socket) {
        return null;
    }
}
