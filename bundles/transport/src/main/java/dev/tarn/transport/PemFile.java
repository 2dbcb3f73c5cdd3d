// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CRL;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Certificates, keys and revocation lists in files of RFC 7468. Blocks; fails with a sentence that names the file. */
final class PemFile {
    private static final Pattern BLOCK = Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----");
    private static final int LARGEST = 16 << 20;

    private PemFile() {}

    /** A file that cannot be used; the message says which and why. */
    static final class UnusableException extends Exception {
        private static final long serialVersionUID = 1L;

        UnusableException(String message) {
            super(message);
        }
    }

    /** All certificates of a file, in its order; at least one. */
    static List<X509Certificate> certificates(Path file) throws UnusableException {
        List<X509Certificate> found = new ArrayList<>();
        try {
            for (var certificate : CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(read(file)))) {
                found.add((X509Certificate) certificate);
            }
        } catch (GeneralSecurityException malformed) {
            throw new UnusableException(file + " has no readable certificate: " + malformed.getMessage());
        }
        if (found.isEmpty()) {
            throw new UnusableException(file + " has no certificate");
        }
        return found;
    }

    /** All revocation lists of a file. */
    static Collection<? extends CRL> revocations(Path file) throws UnusableException {
        try {
            return CertificateFactory.getInstance("X.509").generateCRLs(new ByteArrayInputStream(read(file)));
        } catch (GeneralSecurityException malformed) {
            throw new UnusableException(file + " has no readable revocation list: " + malformed.getMessage());
        }
    }

    /** The private key of a file. */
    static PrivateKey key(Path file) throws UnusableException {
        Matcher blocks = BLOCK.matcher(new String(read(file), StandardCharsets.ISO_8859_1));
        while (blocks.find()) {
            String kind = blocks.group(1);
            if (kind.equals("PRIVATE KEY")) {
                return key(file, blocks.group(2));
            } else if (kind.endsWith("PRIVATE KEY")) {
                throw new UnusableException(file + " has a key of the form " + kind
                        + "; rewrite it with: openssl pkcs8 -topk8 -nocrypt -in " + file.getFileName());
            }
        }
        throw new UnusableException(file + " has no private key (-----BEGIN PRIVATE KEY-----)");
    }

    private static PrivateKey key(Path file, String base64) throws UnusableException {
        byte[] der;
        try {
            der = Base64.getMimeDecoder().decode(base64);
        } catch (IllegalArgumentException malformed) {
            throw new UnusableException(file + ": the private key is not base64");
        }
        for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
            PrivateKey key = key(algorithm, der);
            if (key != null) {
                return key;
            }
        }
        throw new UnusableException(file + ": the private key is neither RSA, EC nor EdDSA");
    }

    /** The key, or null when it is of another kind: it says itself which, but only to the factory that it belongs to. */
    private static @Nullable PrivateKey key(String algorithm, byte[] der) {
        try {
            return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
        } catch (InvalidKeySpecException otherKind) {
            return null;
        } catch (GeneralSecurityException absent) {
            throw new IllegalStateException("this Java has no keys of " + algorithm, absent);
        }
    }

    /** What is in a file. */
    static byte[] read(Path file) throws UnusableException {
        try {
            if (Files.size(file) > LARGEST) {
                throw new UnusableException(file + " is larger than " + (LARGEST >> 20) + " MB");
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException absent) {
            throw new UnusableException(file + " is not there");
        } catch (IOException unreadable) {
            throw new UnusableException(file + " cannot be read: " + unreadable.getMessage());
        }
    }
}
