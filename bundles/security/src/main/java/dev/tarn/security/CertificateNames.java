// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/** The user whom a certificate names: its one common name, else its one DNS name or mail address. */
final class CertificateNames {
    private static final List<Integer> KINDS = List.of(2, 1);

    private CertificateNames() {}

    /** Empty when it names nobody, more than one, or somebody who cannot be a user, such as one with U+0000 in his name. */
    static Optional<String> of(X509Certificate certificate) {
        try {
            List<Rdn> common = new LdapName(
                            certificate.getSubjectX500Principal().getName())
                    .getRdns().stream()
                            .filter(rdn -> rdn.getType().equalsIgnoreCase("CN"))
                            .toList();
            if (common.size() > 1) {
                return Optional.empty();
            } else if (common.size() == 1) {
                return common.get(0).getValue() instanceof String name ? legal(name) : Optional.empty();
            }
            Collection<List<?>> others = certificate.getSubjectAlternativeNames();
            List<String> named = others == null
                    ? List.of()
                    : others.stream()
                            .filter(other -> KINDS.contains(Objects.requireNonNullElse(other.get(0), 0)))
                            .map(other -> String.valueOf(other.get(1)))
                            .toList();
            return named.size() == 1 ? legal(named.get(0)) : Optional.empty();
        } catch (InvalidNameException | CertificateParsingException unreadable) {
            return Optional.empty();
        }
    }

    private static Optional<String> legal(String name) {
        return StoredUser.legal(name) ? Optional.of(name) : Optional.empty();
    }
}
