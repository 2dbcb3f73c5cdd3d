// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.api.data.Failure;
import dev.tarn.api.security.Credentials;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Optional;

/**
 * The cookie of a browser in which somebody has logged in (RFC 6265). With TLS its name keeps everybody but this very host
 * from setting it, and it never travels without TLS. Safe on any thread.
 */
public final class SessionCookie {
    /** Where a page shows that it means what it sends. */
    public static final String PROOF = "X-CSRF-Token";

    private static final String SECURE = "__Host-tarn";
    private static final String PLAIN = "tarn-session";

    private SessionCookie() {}

    /** What a request shows; empty for nothing. The first of a name counts: browsers send the one of the nearest path first. */
    public static Optional<Credentials.Cookie> of(HttpRequest head, boolean tls) {
        String name = (tls ? SECURE : PLAIN) + "=";
        for (String header : head.headers().getAll(HttpHeaderNames.COOKIE)) {
            for (String pair : header.split(";")) {
                String stripped = pair.strip();
                if (stripped.startsWith(name) && stripped.length() > name.length()) {
                    return Optional.of(new Credentials.Cookie(stripped.substring(name.length())));
                }
            }
        }
        return Optional.empty();
    }

    /** The header field that gives a cookie. */
    public static String given(Credentials.Cookie cookie, Duration life, boolean tls) {
        return (tls ? SECURE : PLAIN) + "=" + cookie.secret() + "; Path=/; Max-Age=" + life.toSeconds()
                + "; HttpOnly; SameSite=Strict" + (tls ? "; Secure" : "");
    }

    /** The header field that takes it back. */
    public static String taken(boolean tls) {
        return (tls ? SECURE : PLAIN) + "=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict" + (tls ? "; Secure" : "");
    }

    /**
     * Sees to it that what changes something was sent by a page of this server: it says so in {@value #PROOF}, or its browser
     * says where it comes from, which was looked at before.
     *
     * @throws Failure FORBIDDEN when neither is so
     */
    public static void check(HttpRequest head, Credentials.Cookie cookie) {
        HttpHeaders headers = head.headers();
        HttpMethod method = head.method();
        boolean reads =
                method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD) || method.equals(HttpMethod.OPTIONS);
        byte[] shown = headers.get(PROOF, "").getBytes(StandardCharsets.UTF_8);
        if (!reads
                && !headers.contains(HttpHeaderNames.ORIGIN)
                && !MessageDigest.isEqual(shown, cookie.proof().getBytes(StandardCharsets.UTF_8))) {
            throw new Failure(
                    Failure.Code.FORBIDDEN,
                    "a browser's login is only good for changes with the header " + PROOF + ", or with Origin");
        }
    }
}
