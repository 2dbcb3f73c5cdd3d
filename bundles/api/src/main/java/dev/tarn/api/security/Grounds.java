// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.security;

import java.time.Instant;

/**
 * What somebody was let in by, so that he can be asked to leave once it no longer holds. Never a secret.
 *
 * @param id which one: of a token what it is revoked by, of a password since when it has been his; empty where there is none
 * @param until when it ends by itself; {@link Instant#MAX} for never
 */
public record Grounds(By by, String id, Instant until) {

    /** The kind of credentials. */
    public enum By {
        NOTHING,
        PASSWORD,
        TOKEN,
        COOKIE,
        CERTIFICATE
    }

    /** Of who is in because he is part of the server, or because anybody is let in. */
    public static final Grounds NONE = new Grounds(By.NOTHING, "", Instant.MAX);

    /** Whether they have ended by themselves. */
    public boolean over(Instant now) {
        return !until.isAfter(now);
    }
}
