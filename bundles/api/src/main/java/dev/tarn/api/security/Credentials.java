// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.security;

import java.security.cert.X509Certificate;
import java.util.Arrays;

/** What somebody shows to say who he is. */
public sealed interface Credentials {

    /** A name and a secret. */
    final class Password implements Credentials {
        private final String name;
        private final byte[] secret;

        /**
         * Takes the secret over.
         *
         * @param secret bytes (UTF-8 where it is text), not copied, wiped once checked
         */
        public Password(String name, byte[] secret) {
            this.name = name;
            this.secret = secret;
        }

        public String name() {
            return name;
        }

        /** The secret's bytes themselves, not a copy. */
        public byte[] secret() {
            return secret;
        }

        /** Overwrites the secret; called by whoever checked it. */
        public void wipe() {
            Arrays.fill(secret, (byte) 0);
        }

        @Override
        public String toString() {
            return "Password[name=" + name + "]";
        }
    }

    /** A bearer token. */
    record Token(String token) implements Credentials {
        @Override
        public String toString() {
            return "Token[]";
        }
    }

    /** A verified client certificate. */
    record Certificate(X509Certificate certificate) implements Credentials {}

    /** Nothing shown. */
    record Nothing() implements Credentials {}
}
