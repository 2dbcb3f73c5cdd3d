// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.pkitesting.X509Bundle;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Makes lists of revoked certificates. */
final class Revocations {
    private Revocations() {}

    /** A list of the authority that names one serial number. */
    static String of(X509Bundle authority, long serial) throws Exception {
        Date now = Date.from(Instant.now().minusSeconds(60));
        JcaX509v2CRLBuilder list = new JcaX509v2CRLBuilder(authority.getCertificate(), now);
        list.setNextUpdate(Date.from(Instant.now().plusSeconds(86_400)));
        list.addCRLEntry(BigInteger.valueOf(serial), now, CRLReason.keyCompromise);
        byte[] der = list.build(new JcaContentSignerBuilder("SHA256withECDSA")
                        .build(authority.getKeyPair().getPrivate()))
                .getEncoded();
        return "-----BEGIN X509 CRL-----\n" + Base64.getMimeEncoder().encodeToString(der)
                + "\n-----END X509 CRL-----\n";
    }
}
