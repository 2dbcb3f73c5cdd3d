// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.cert.ocsp.BasicOCSPRespBuilder;
import org.bouncycastle.cert.ocsp.CertificateStatus;
import org.bouncycastle.cert.ocsp.OCSPReq;
import org.bouncycastle.cert.ocsp.OCSPRespBuilder;
import org.bouncycastle.cert.ocsp.Req;
import org.bouncycastle.cert.ocsp.RespID;
import org.bouncycastle.cert.ocsp.RevokedStatus;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** An authority's responder (OCSP) on a free loopback port. */
final class Responder implements AutoCloseable {
    private final X509Bundle authority;
    private final HttpServer server;
    private final Set<Long> revoked = ConcurrentHashMap.newKeySet();
    private final AtomicInteger asked = new AtomicInteger();

    Responder(X509Bundle authority) throws IOException {
        this.authority = authority;
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
        server.createContext("/", this::answer);
        server.start();
    }

    String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
    }

    void revoke(long serial) {
        revoked.add(serial);
    }

    /** How often it was asked. */
    int asked() {
        return asked.get();
    }

    /** RFC 6960 appendix A: a request comes as a body, or encoded in the path. */
    private void answer(HttpExchange exchange) throws IOException {
        asked.incrementAndGet();
        String path = exchange.getRequestURI().getRawPath().substring(1);
        byte[] request = exchange.getRequestMethod().equals("GET")
                ? Base64.getDecoder().decode(URLDecoder.decode(path, StandardCharsets.UTF_8))
                : exchange.getRequestBody().readAllBytes();
        byte[] answer;
        try {
            answer = answer(new OCSPReq(request));
        } catch (Exception broken) {
            throw new IOException(broken);
        }
        exchange.getResponseHeaders().set("Content-Type", "application/ocsp-response");
        exchange.sendResponseHeaders(200, answer.length);
        exchange.getResponseBody().write(answer);
        exchange.close();
    }

    private byte[] answer(OCSPReq request) throws Exception {
        X500Name name = X500Name.getInstance(
                authority.getCertificate().getSubjectX500Principal().getEncoded());
        BasicOCSPRespBuilder answer = new BasicOCSPRespBuilder(new RespID(name));
        Date now = Date.from(Instant.now().minusSeconds(60));
        for (Req one : request.getRequestList()) {
            CertificateStatus status =
                    revoked.contains(one.getCertID().getSerialNumber().longValueExact())
                            ? new RevokedStatus(now, CRLReason.keyCompromise)
                            : CertificateStatus.GOOD;
            answer.addResponse(
                    one.getCertID(), status, now, Date.from(Instant.now().plusSeconds(3_600)), null);
        }
        return new OCSPRespBuilder()
                .build(
                        OCSPRespBuilder.SUCCESSFUL,
                        answer.build(
                                new JcaContentSignerBuilder("SHA256withECDSA")
                                        .build(authority.getKeyPair().getPrivate()),
                                null,
                                now))
                .getEncoded();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
