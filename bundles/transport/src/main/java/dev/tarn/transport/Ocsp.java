// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.PKIXRevocationChecker.Option;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the authorities' responders (OCSP, RFC 6960) whether clients' certificates were revoked. Answers are remembered for a
 * while; a responder that does not answer is let alone for a while, and nobody is kept out for that. Who was revoked stays so
 * until a responder says otherwise. Safe on any thread; blocks for as long as a responder takes.
 */
final class Ocsp {
    private static final Logger LOG = LoggerFactory.getLogger(Ocsp.class);

    /** How long an answer is good. */
    static final Duration REMEMBERED = Duration.ofMinutes(5);

    /** How long a responder that does not answer is let alone. */
    static final Duration SILENCE = Duration.ofSeconds(30);

    private static final int MOST_KNOWN = 200_000;

    /** Where a certificate names responders: authority information access, RFC 5280 §4.2.2.1. */
    private static final String NAMED = "1.3.6.1.5.5.7.1.1";

    private final Optional<URI> responder;
    private final LongSupplier nanos;
    private final Map<String, Known> known = new ConcurrentHashMap<>();

    /** Until when nobody is asked. */
    private final AtomicLong silent;

    private record Known(boolean revoked, long since) {}

    /** @param responder whom to ask; empty for whom each certificate names */
    Ocsp(Optional<URI> responder, LongSupplier nanos) {
        this.responder = responder;
        this.nanos = nanos;
        this.silent = new AtomicLong(nanos.getAsLong());
    }

    /** Whether there is nobody to ask about it, or it was asked lately. */
    boolean settled(X509Certificate certificate) {
        if (responder.isEmpty() && certificate.getExtensionValue(NAMED) == null) {
            return true;
        }
        Known last = known.get(name(certificate));
        return last != null && nanos.getAsLong() - last.since() < REMEMBERED.toNanos();
    }

    /** Whether the last answer about it was that it is revoked. Quick. */
    boolean revoked(X509Certificate certificate) {
        Known last = known.get(name(certificate));
        return last != null && last.revoked();
    }

    /**
     * Asks, unless that was done lately.
     *
     * @param chain whose signatures were verified
     * @throws CertificateException when it is revoked
     */
    void check(List<X509Certificate> chain, List<X509Certificate> authorities) throws CertificateException {
        X509Certificate own = chain.get(0);
        if (!settled(own) && nanos.getAsLong() - silent.get() >= 0) {
            ask(chain, authorities);
        }
        if (revoked(own)) {
            throw new CertificateException("the certificate was revoked, as its authority's responder says");
        }
    }

    private void ask(List<X509Certificate> chain, List<X509Certificate> authorities) throws CertificateException {
        X509Certificate own = chain.get(0);
        boolean revoked = false;
        try {
            List<X509Certificate> below = new ArrayList<>(chain);
            below.removeAll(authorities);
            Set<TrustAnchor> anchors = new HashSet<>();
            authorities.forEach(each -> anchors.add(new TrustAnchor(each, null)));
            CertPathValidator validator = CertPathValidator.getInstance("PKIX");
            PKIXRevocationChecker checker = (PKIXRevocationChecker) validator.getRevocationChecker();
            checker.setOptions(EnumSet.of(Option.SOFT_FAIL, Option.NO_FALLBACK, Option.ONLY_END_ENTITY));
            responder.ifPresent(checker::setOcspResponder);
            PKIXParameters parameters = new PKIXParameters(anchors);
            parameters.setRevocationEnabled(true);
            parameters.addCertPathChecker(checker);
            validator.validate(CertificateFactory.getInstance("X.509").generateCertPath(below), parameters);
            if (!checker.getSoftFailExceptions().isEmpty()) {
                unanswered(checker.getSoftFailExceptions().get(0));
                return;
            }
        } catch (CertPathValidatorException refused) {
            if (refused.getReason() != CertPathValidatorException.BasicReason.REVOKED) {
                throw new CertificateException(refused);
            }
            revoked = true;
        } catch (GeneralSecurityException unusable) {
            unanswered(unusable);
            return;
        }
        if (known.size() >= MOST_KNOWN) {
            known.values().removeIf(each -> !each.revoked());
        }
        known.put(name(own), new Known(revoked, nanos.getAsLong()));
    }

    private void unanswered(Exception why) {
        silent.set(nanos.getAsLong() + SILENCE.toNanos());
        LOG.warn(
                "ocsp=unanswered reason=\"{}\" (certificates are taken as not revoked; asked again in {} s)",
                Printable.of(String.valueOf(why.getMessage())),
                SILENCE.toSeconds());
    }

    private static String name(X509Certificate certificate) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(certificate.getIssuerX500Principal().getName().getBytes(StandardCharsets.UTF_8));
            digest.update((byte) 0);
            return HexFormat.of()
                    .formatHex(digest.digest(certificate.getSerialNumber().toByteArray()));
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
