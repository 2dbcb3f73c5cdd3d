// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;

/** An authority, with the server's certificate and those of clients in files. */
final class Papers {
    static final String PASSWORD = "paper-clip";

    private final Path folder;
    private final X509Bundle authority;

    /** Writes {@code authority.crt}, and {@code server.crt} and {@code server.key} for 127.0.0.1. */
    Papers(Path folder) throws Exception {
        this.folder = Files.createDirectories(folder);
        this.authority = new CertificateBuilder()
                .subject("CN=Test authority")
                .setIsCertificateAuthority(true)
                .setKeyUsage(true, CertificateBuilder.KeyUsage.keyCertSign, CertificateBuilder.KeyUsage.cRLSign)
                .ecp256()
                .buildSelfSigned();
        Files.writeString(path("authority.crt"), authority.getCertificatePEM());
        X509Bundle server = new CertificateBuilder()
                .subject("CN=localhost")
                .addSanDnsName("localhost")
                .addSanIpAddress("127.0.0.1")
                .ecp256()
                .buildIssuedBy(authority);
        Files.writeString(path("server.crt"), server.getCertificatePEM());
        Files.writeString(path("server.key"), server.getPrivateKeyPEM());
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("authority", authority.getCertificate());
        store(trusted, "trusted.p12");
    }

    /** Writes {@code <name>.p12}, {@code <name>.crt} and {@code <name>.key} of a client whose common name that is. */
    Path client(String name) throws Exception {
        X509Bundle client =
                new CertificateBuilder().subject("CN=" + name).ecp256().buildIssuedBy(authority);
        Files.writeString(path(name + ".crt"), client.getCertificatePEM());
        Files.writeString(path(name + ".key"), client.getPrivateKeyPEM());
        return store(client.toKeyStore(PASSWORD.toCharArray()), name + ".p12");
    }

    private Path store(KeyStore keys, String file) throws Exception {
        try (OutputStream out = Files.newOutputStream(path(file))) {
            keys.store(out, PASSWORD.toCharArray());
        }
        return path(file);
    }

    Path path(String file) {
        return folder.resolve(file);
    }

    /** With this server's certificate and this authority. */
    Tarn.Command shown(Tarn.Command command) {
        return command.set("tls.certificate", path("server.crt"))
                .set("tls.key", path("server.key"))
                .set("tls.authorities", path("authority.crt"));
    }
}
