// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.security;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

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

    /**
     * What a browser shows to say that somebody has logged in with it. Pages cannot read it.
     *
     * @param secret as {@link Logins#open} gave it
     */
    record Cookie(String secret) implements Credentials {
        /**
         * What a page of ours must show besides, to say that it means what it sends: another page cannot know it. The same
         * for as long as the cookie is. Quick.
         */
        public String proof() {
            try {
                Mac mac = Mac.getInstance("HmacSHA256");
                mac.init(new SecretKeySpec(("tarn-" + secret).getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
                byte[] proof = mac.doFinal("csrf".getBytes(StandardCharsets.UTF_8));
                return Base64.getUrlEncoder().withoutPadding().encodeToString(proof);
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("this Java has no HMAC with SHA-256", e);
            }
        }

        @Override
        public String toString() {
            return "Cookie[]";
        }
    }

    /** A verified client certificate. */
    record Certificate(X509Certificate certificate) implements Credentials {}

    /** Nothing shown. */
    record Nothing() implements Credentials {}
}
