// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/** Trust in clients that is also a matter of what a responder says. Safe on any thread; blocks while one is asked. */
final class AskingTrust extends X509ExtendedTrustManager {

    private final X509ExtendedTrustManager files;
    private final List<X509Certificate> authorities;
    private final Ocsp ocsp;

    /** @param files trust by what the files say, which comes first */
    AskingTrust(X509ExtendedTrustManager files, List<X509Certificate> authorities, Ocsp ocsp) {
        super();
        this.files = files;
        this.authorities = List.copyOf(authorities);
        this.ocsp = ocsp;
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
        files.checkClientTrusted(chain, type, engine);
        ocsp.check(List.of(chain), authorities);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        files.checkClientTrusted(chain, type, socket);
        ocsp.check(List.of(chain), authorities);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
        files.checkClientTrusted(chain, type);
        ocsp.check(List.of(chain), authorities);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
        files.checkServerTrusted(chain, type, engine);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        files.checkServerTrusted(chain, type, socket);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
        files.checkServerTrusted(chain, type);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return files.getAcceptedIssuers();
    }
}
