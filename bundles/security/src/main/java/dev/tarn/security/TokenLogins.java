// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Failure;
import dev.tarn.api.security.Credentials;
import dev.tarn.api.security.Grounds;
import dev.tarn.api.security.User;
import java.net.SocketAddress;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Logins by what somebody was given: a token, a cookie, a certificate; and whether it still holds. All of it is looked up in
 * the store, nothing is hashed. Safe on any thread; blocks.
 */
final class TokenLogins {

    private final UserTable table;
    private final Given given;
    private final @Nullable ExternalTokens external;
    private final LoginTrail trail;
    private final Bodies bodies;

    /**
     * What is given here.
     *
     * @param access how long a token lasts that is given for a password
     */
    record Given(Tokens tokens, RefreshTokens refreshes, BrowserSessions browsers, Duration access) {}

    /** @param external tokens of another issuer; null to take none */
    TokenLogins(UserTable table, Given given, @Nullable ExternalTokens external, LoginTrail trail, Bodies bodies) {
        this.table = table;
        this.given = given;
        this.external = external;
        this.trail = trail;
        this.bodies = bodies;
    }

    /**
     * A token that this node or the issuer that it trusts gave out. What the user may do is what he may do now.
     *
     * @param name whom the peer says it is of; empty for whomever it names
     */
    User token(String token, String name, @Nullable SocketAddress from) {
        ExternalTokens others = external;
        try {
            User user = others == null || Tokens.ours(token) ? own(token) : foreign(token, others);
            if (!name.isEmpty() && !name.equals(user.name())) {
                throw new IllegalArgumentException("it is not of " + name);
            }
            trail.login(user.name(), from, true, "token");
            return user;
        } catch (Failure | IllegalArgumentException refused) {
            trail.login(name, from, false, "token: " + refused.getMessage());
            throw Tokens.wrong();
        }
    }

    private User own(String token) {
        Tokens.Verified verified = given.tokens().verified(token);
        UserTable.Entry entry = table.find(verified.user());
        if (entry == null) {
            throw new IllegalArgumentException("there is no user " + verified.user() + " any more");
        }
        return entry.stored().user().by(new Grounds(Grounds.By.TOKEN, verified.id(), verified.until()));
    }

    private User foreign(String token, ExternalTokens others) {
        ExternalTokens.Named named = others.verified(WebToken.of(token, bodies));
        UserTable.Entry entry = table.find(named.name());
        if (entry == null && !others.bringsUsers()) {
            throw new IllegalArgumentException("there is no user " + named.name());
        }
        User user = entry == null
                ? new User(named.name(), named.roles(), false)
                : entry.stored().user();
        return user.by(new Grounds(Grounds.By.TOKEN, "", named.until()));
    }

    /** A browser in which somebody has logged in, with the password that he still has. */
    User browser(Credentials.Cookie cookie, @Nullable SocketAddress from) {
        BrowserSessions.Browser browser = given.browsers().find(cookie);
        UserTable.Entry entry = browser == null ? null : table.find(browser.user());
        if (browser == null || entry == null || entry.stored().since().isAfter(browser.since())) {
            trail.login(browser == null ? "" : browser.user(), from, false, "cookie");
            throw new Failure(Failure.Code.UNAUTHENTICATED, "the session is over: log in again");
        }
        return entry.stored().user().by(new Grounds(Grounds.By.COOKIE, browser.id(), browser.until()));
    }

    /** What TLS has verified; the name in it must be that of a user. */
    User certificate(Credentials.Certificate shown, @Nullable SocketAddress from) {
        String name = CertificateNames.of(shown.certificate()).orElse("");
        UserTable.Entry entry = name.isEmpty() ? null : table.find(name);
        String number = String.valueOf(shown.certificate().getSerialNumber());
        trail.login(name, from, entry != null, "certificate " + number);
        if (entry == null) {
            throw new Failure(Failure.Code.UNAUTHENTICATED, "the certificate names no user");
        }
        Instant until = shown.certificate().getNotAfter().toInstant();
        return entry.stored().user().by(new Grounds(Grounds.By.CERTIFICATE, number, until));
    }

    /** Whether what the user was let in by is still good, but for its time. */
    boolean holds(User user) {
        UserTable.Entry entry = user.stored() ? table.find(user.name()) : null;
        if (user.stored() && entry == null) {
            return false;
        }
        String id = user.grounds().id();
        return switch (user.grounds().by()) {
            case NOTHING, CERTIFICATE -> true;
            case PASSWORD -> entry == null || entry.stored().since().toString().equals(id);
            case TOKEN -> id.isEmpty() || !given.tokens().revoked(id);
            case COOKIE -> {
                BrowserSessions.Browser browser = given.browsers().find(id);
                yield browser != null
                        && (entry == null || !entry.stored().since().isAfter(browser.since()));
            }
        };
    }
}
