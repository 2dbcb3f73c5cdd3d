// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.codec.Bodies;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tokens of another issuer (RFC 7519), who is trusted to say who somebody is. A token's head names algorithm and key; it
 * gets a key of that id only if the set has one, and the algorithm only if the key is of that type. Safe on any thread; blocks.
 */
final class ExternalTokens {

    /**
     * Whom to believe what.
     *
     * @param name the claim {@code iss} must be this
     * @param audience the claim {@code aud} must be this, or have it
     * @param keys a file or an address of a set of keys
     * @param user the claim that names the user
     * @param roles the claim with the roles of somebody who is not in {@code system.users}; empty: such are refused
     * @param skew seconds that clocks may differ by
     */
    record Issuer(String name, String audience, String keys, String user, String roles, int skew) {
        Issuer {
            if (name.isEmpty() || audience.isEmpty() || keys.isEmpty() || user.isEmpty()) {
                throw new IllegalArgumentException(
                        "issuer.name, issuer.audience, issuer.keys and issuer.user belong together");
            }
            if (skew < 0 || skew > 600) {
                throw new IllegalArgumentException("issuer.skew must be between 0 and 600, not " + skew);
            }
        }
    }

    /** Who a token says somebody is, and until when it is taken. */
    record Named(String name, Set<String> roles, Instant until) {}

    private final Issuer issuer;
    private final KeySet keys;
    private final InstantSource clock;

    ExternalTokens(Issuer issuer, Bodies bodies, InstantSource clock) {
        this.issuer = issuer;
        this.keys = new KeySet(issuer.keys(), bodies, clock);
        this.clock = clock;
    }

    /** Whether users come by tokens alone. */
    boolean bringsUsers() {
        return !issuer.roles().isEmpty();
    }

    /**
     * Who a token names.
     *
     * @throws IllegalArgumentException when it is not valid, saying why, for nobody but the log
     */
    Named verified(WebToken token) {
        if (!(token.header().get("alg") instanceof String algorithm)) {
            throw new IllegalArgumentException("no algorithm");
        }
        if (token.header().containsKey("crit")) {
            throw new IllegalArgumentException("extensions that must be understood"); // RFC 7515 §4.1.11
        }
        Object kid = token.header().get("kid");
        List<JsonWebKey> possible = keys.named(kid instanceof String id ? id : "");
        if (possible.stream().noneMatch(key -> key.verifies(algorithm, token.signed(), token.signature()))) {
            throw new IllegalArgumentException("not signed by a key of the issuer");
        }
        Instant until = check(token.claims());
        if (!(token.claims().get(issuer.user()) instanceof String name) || !StoredUser.legal(name)) {
            throw new IllegalArgumentException("the claim " + issuer.user() + " names nobody");
        }
        return new Named(name, bringsUsers() ? roles(token.claims().get(issuer.roles())) : Set.of(), until);
    }

    /** Until when it is taken; RFC 7519 §4.1. */
    private Instant check(Map<?, ?> claims) {
        if (!issuer.name().equals(claims.get("iss"))) {
            throw new IllegalArgumentException("another issuer");
        }
        Object audience = claims.get("aud");
        if (!issuer.audience().equals(audience)
                && !(audience instanceof List<?> several && several.contains(issuer.audience()))) {
            throw new IllegalArgumentException("for another audience");
        }
        Instant now = clock.instant();
        Instant ends = moment(claims.get("exp"));
        if (ends == null || !ends.plusSeconds(issuer.skew()).isAfter(now)) {
            throw new IllegalArgumentException("over, or without an end");
        }
        Instant begins = moment(claims.get("nbf"));
        if (begins != null && begins.minusSeconds(issuer.skew()).isAfter(now)) {
            throw new IllegalArgumentException("not yet valid");
        }
        return ends.plusSeconds(issuer.skew());
    }

    private static @Nullable Instant moment(@Nullable Object claim) {
        if (claim == null) {
            return null;
        } else if (claim instanceof Number seconds) {
            double value = seconds.doubleValue();
            if (value >= 0 && value < 1e11) {
                return Instant.ofEpochMilli((long) (value * 1_000));
            }
        }
        throw new IllegalArgumentException("a moment that is none");
    }

    private static Set<String> roles(@Nullable Object claim) {
        Set<String> roles = new HashSet<>();
        if (claim instanceof List<?> list) {
            list.forEach(role -> roles.add(String.valueOf(role)));
        } else if (claim instanceof String text) {
            roles.addAll(Arrays.asList(text.strip().split("\\s+")));
        }
        return roles;
    }
}
