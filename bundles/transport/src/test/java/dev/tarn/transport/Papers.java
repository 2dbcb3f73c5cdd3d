// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/** An authority with certificates in files, and clients that trust it; for one test. */
final class Papers {
    final Path folder;
    final X509Bundle authority;

    Papers(Path folder) throws Exception {
        this.folder = folder;
        this.authority = new CertificateBuilder()
                .subject("CN=Test authority")
                .setIsCertificateAuthority(true)
                .setKeyUsage(true, CertificateBuilder.KeyUsage.keyCertSign, CertificateBuilder.KeyUsage.cRLSign)
                .ecp256()
                .buildSelfSigned();
        Files.writeString(folder.resolve("authority.crt"), authority.getCertificatePEM());
    }

    /** A certificate of the authority for a name. */
    X509Bundle issue(String name, long serial) throws Exception {
        return issue(name, serial, Instant.now().plusSeconds(86_400));
    }

    /** A certificate that is good until then. */
    X509Bundle issue(String name, long serial, Instant until) throws Exception {
        KeyPair pair = CertificateBuilder.Algorithm.ecp256.generateKeyPair(new SecureRandom());
        Instant now = Instant.now();
        var certificate = new JcaX509v3CertificateBuilder(
                        authority.getCertificate(),
                        BigInteger.valueOf(serial),
                        Date.from(now.minusSeconds(3_600)),
                        Date.from(until),
                        new X500Principal("CN=" + name),
                        pair.getPublic())
                .addExtension(
                        Extension.subjectAlternativeName,
                        false,
                        new GeneralNames(new GeneralName(GeneralName.dNSName, name)))
                .build(new JcaContentSignerBuilder("SHA256withECDSA")
                        .build(authority.getKeyPair().getPrivate()));
        X509Certificate own = new JcaX509CertificateConverter().getCertificate(certificate);
        return X509Bundle.fromCertificatePath(new X509Certificate[] {own}, authority.getCertificate(), pair);
    }

    /** Writes {@code <file>.crt} and {@code <file>.key}. */
    void write(String file, X509Bundle papers) throws IOException {
        replace(file + ".key", papers.getPrivateKeyPEM());
        replace(file + ".crt", papers.getCertificatePathPEM());
    }

    void replace(String file, String text) throws IOException {
        Path draft = folder.resolve(file + ".new");
        Files.writeString(draft, text);
        Files.move(draft, folder.resolve(file), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    String path(String file) {
        return folder.resolve(file).toString();
    }

    /** A client's TLS; null for a client without papers. */
    SSLContext client(@Nullable X509Bundle papers) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        KeyManager[] keys = papers == null ? null : papers.toKeyManagerFactory().getKeyManagers();
        context.init(keys, new TrustManager[] {authority.toTrustManager()}, null);
        return context;
    }

    /** Connects and asks for this name; hands are shaken. */
    static SSLSocket connect(SSLContext client, InetSocketAddress address, String name, String... versions)
            throws IOException {
        return connect(client, address, name, List.of("http/1.1"), versions);
    }

    /** As the other, for one of these protocols. */
    static SSLSocket connect(
            SSLContext client, InetSocketAddress address, String name, List<String> protocols, String... versions)
            throws IOException {
        Socket plain = new Socket(address.getAddress(), address.getPort());
        SSLSocket socket = (SSLSocket) client.getSocketFactory().createSocket(plain, name, address.getPort(), true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName(name)));
        parameters.setApplicationProtocols(protocols.toArray(String[]::new));
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        if (versions.length > 0) {
            parameters.setProtocols(versions);
        }
        socket.setSSLParameters(parameters);
        socket.setSoTimeout(30_000);
        socket.startHandshake();
        return socket;
    }
}
