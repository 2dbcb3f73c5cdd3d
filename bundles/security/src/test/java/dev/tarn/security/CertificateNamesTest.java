// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Whom certificates name that an authority has been talked into. */
class CertificateNamesTest {

    private static KeyPair pair;

    @BeforeAll
    static void key() throws Exception {
        pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    }

    private static X509Certificate certificate(List<String> common, GeneralName... others) throws Exception {
        X500NameBuilder name = new X500NameBuilder().addRDN(BCStyle.O, "Tarn");
        common.forEach(text -> name.addRDN(BCStyle.CN, text));
        JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                name.build(),
                BigInteger.ONE,
                Date.from(Instant.EPOCH),
                Date.from(Instant.EPOCH.plusSeconds(3_600)),
                name.build(),
                pair.getPublic());
        if (others.length > 0) {
            builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(others));
        }
        byte[] encoded = builder.build(new JcaContentSignerBuilder("Ed25519").build(pair.getPrivate()))
                .getEncoded();
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(encoded));
    }

    private static GeneralName dns(String name) {
        return new GeneralName(GeneralName.dNSName, name);
    }

    @Test
    void the_common_name_is_the_users_else_the_one_other_name() throws Exception {
        assertThat(CertificateNames.of(certificate(List.of("ada")))).contains("ada");
        assertThat(CertificateNames.of(certificate(List.of("ada"), dns("bob.example"))))
                .contains("ada");
        assertThat(CertificateNames.of(certificate(List.of(), dns("bob.example"))))
                .contains("bob.example");
        assertThat(CertificateNames.of(
                        certificate(List.of(), new GeneralName(GeneralName.rfc822Name, "eve@example.org"))))
                .contains("eve@example.org");
    }

    /** An empty common name, and one that ends where a C string would, have let strangers in elsewhere. */
    @Test
    void an_empty_name_one_with_nul_and_several_name_nobody() throws Exception {
        assertThat(CertificateNames.of(certificate(List.of("")))).isEmpty();
        assertThat(CertificateNames.of(certificate(List.of(""), dns("bob.example"))))
                .isEmpty();
        assertThat(CertificateNames.of(certificate(List.of("admin\u0000.evil.example"))))
                .isEmpty();
        assertThat(CertificateNames.of(certificate(List.of("ada", "admin")))).isEmpty();
        assertThat(CertificateNames.of(certificate(List.of("a/#")))).isEmpty();
        assertThat(CertificateNames.of(certificate(List.of("%u")))).isEmpty();
        assertThat(CertificateNames.of(certificate(List.of()))).isEmpty();
        assertThat(CertificateNames.of(certificate(List.of(), dns("a.example"), dns("b.example"))))
                .isEmpty();
    }
}
