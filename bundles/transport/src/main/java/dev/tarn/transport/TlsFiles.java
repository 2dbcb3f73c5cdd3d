// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.transport.PemFile.UnusableException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CRL;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.X509CRL;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Which files TLS is made of.
 *
 * @param authorities of clients' certificates
 * @param revoked lists of what these authorities revoked
 */
record TlsFiles(List<Path> certificates, List<Path> keys, Optional<Path> authorities, List<Path> revoked) {

    TlsFiles {
        if (certificates.size() != keys.size()) {
            throw new IllegalArgumentException("tls.certificate has " + certificates.size() + " files, and tls.key has "
                    + keys.size() + "; each certificate needs its key");
        }
        if (!revoked.isEmpty() && authorities.isEmpty()) {
            throw new IllegalArgumentException("tls.revoked is of no use without tls.authorities");
        }
    }

    boolean configured() {
        return !certificates.isEmpty();
    }

    /**
     * What the files say, checked.
     *
     * @param digest of all their bytes
     */
    record Content(String digest, List<ServerKeys.Pair> pairs, List<X509Certificate> authorities, List<CRL> revoked) {

        boolean sameAs(Content other) {
            return digest.equals(other.digest);
        }

        /** When the first of the node's own certificates expires. */
        Instant expires() {
            return pairs.stream()
                    .map(pair -> pair.own().getNotAfter().toInstant())
                    .min(Instant::compareTo)
                    .orElse(Instant.MAX);
        }

        /** Whether one of the lists names a certificate of the chain, of the list's own issuer. */
        boolean revokes(List<X509Certificate> chain) {
            for (CRL list : revoked) {
                for (X509Certificate one : chain) {
                    if (list instanceof X509CRL named
                            && named.getIssuerX500Principal().equals(one.getIssuerX500Principal())
                            && named.isRevoked(one)) {
                        return true;
                    }
                }
            }
            return false;
        }

        /** Who may vouch for clients; null for nobody. */
        @Nullable
        TrustManager trust() throws UnusableException {
            if (authorities.isEmpty()) {
                return null;
            }
            try {
                KeyStore store = KeyStore.getInstance("PKCS12");
                store.load(null, null);
                for (int i = 0; i < authorities.size(); i++) {
                    store.setCertificateEntry("authority-" + i, authorities.get(i));
                }
                PKIXBuilderParameters parameters = new PKIXBuilderParameters(store, new X509CertSelector());
                parameters.setRevocationEnabled(!revoked.isEmpty());
                if (!revoked.isEmpty()) {
                    parameters.addCertStore(
                            CertStore.getInstance("Collection", new CollectionCertStoreParameters(revoked)));
                    PKIXRevocationChecker checker = (PKIXRevocationChecker)
                            CertPathBuilder.getInstance("PKIX").getRevocationChecker();
                    // Only the lists that are here: the loop that shakes hands must not wait for a server.
                    checker.setOptions(EnumSet.of(
                            PKIXRevocationChecker.Option.PREFER_CRLS, PKIXRevocationChecker.Option.NO_FALLBACK));
                    parameters.addCertPathChecker(checker);
                }
                TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
                factory.init(new CertPathTrustManagerParameters(parameters));
                return factory.getTrustManagers()[0];
            } catch (GeneralSecurityException | IOException refused) {
                throw new UnusableException("the authorities of clients cannot be used: " + refused.getMessage());
            }
        }
    }

    /** Reads all files. Blocks; fails when they do not make a whole. */
    Content read() throws UnusableException {
        // First, so that a file that changes meanwhile is read again the next time.
        String digest = digest();
        List<ServerKeys.Pair> pairs = new ArrayList<>();
        for (int i = 0; i < certificates.size(); i++) {
            ServerKeys.Pair pair =
                    new ServerKeys.Pair(PemFile.certificates(certificates.get(i)), PemFile.key(keys.get(i)));
            if (!pair.belongs()) {
                throw new UnusableException(keys.get(i) + " is not the key of " + certificates.get(i));
            }
            if (pair.own().getNotAfter().toInstant().isBefore(Instant.now())) {
                throw new UnusableException(certificates.get(i) + " expired at "
                        + pair.own().getNotAfter().toInstant());
            }
            pairs.add(pair);
        }
        List<X509Certificate> trusted = authorities.isPresent() ? PemFile.certificates(authorities.get()) : List.of();
        List<CRL> lists = new ArrayList<>();
        for (Path file : revoked) {
            lists.addAll(PemFile.revocations(file));
        }
        Content content = new Content(digest, pairs, trusted, lists);
        content.trust();
        return content;
    }

    private String digest() throws UnusableException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            List<Path> all = new ArrayList<>(certificates);
            all.addAll(keys);
            authorities.ifPresent(all::add);
            all.addAll(revoked);
            for (Path file : all) {
                byte[] bytes = PemFile.read(file);
                digest.update(Integer.toString(bytes.length).getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                digest.update(bytes);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
