// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.security.Credentials;
import dev.tarn.api.security.User;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Credentials that were right a short while ago, so that not every connection costs a hash. Kept is an HMAC under a key
 * that lives as long as this process; a memory dump gives no password. Bounded. Safe on any thread.
 */
final class KnownCredentials {

    private static final String ALGORITHM = "HmacSHA256";
    private static final int MOST = 10_000;

    private record Known(User user, Instant until) {}

    private final Map<ByteBuffer, Known> known = new ConcurrentHashMap<>();

    /** Counts the changes of users: what was checked before a change is not remembered after it. */
    private final AtomicLong generation = new AtomicLong();

    private final SecretKey key;
    private final Duration period;
    private final InstantSource clock;

    KnownCredentials(Duration period, InstantSource clock) {
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        this.key = new SecretKeySpec(random, ALGORITHM);
        this.period = period;
        this.clock = clock;
    }

    /** What stands for these credentials here. */
    ByteBuffer fingerprint(Credentials.Password credentials) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            byte[] name = credentials.name().getBytes(StandardCharsets.UTF_8);
            mac.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, name.length));
            mac.update(name);
            mac.update(credentials.secret());
            return ByteBuffer.wrap(mac.doFinal()).asReadOnlyBuffer();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no " + ALGORITHM, e);
        }
    }

    /** Whose credentials these are, if they were right lately. */
    @Nullable
    User find(ByteBuffer fingerprint) {
        Known entry = known.get(fingerprint);
        if (entry == null) {
            return null;
        }
        if (entry.until.isAfter(clock.instant())) {
            return entry.user;
        }
        known.remove(fingerprint, entry);
        return null;
    }

    /** What to give to {@link #remember}; taken before the user is read. */
    long generation() {
        return generation.get();
    }

    /** Remembers that these credentials are right, unless a user changed since then. */
    void remember(ByteBuffer fingerprint, User user, long asOf) {
        if (period.isZero()) {
            return;
        }
        if (known.size() >= MOST) {
            makeRoom();
        }
        known.put(fingerprint, new Known(user, clock.instant().plus(period)));
        if (generation.get() != asOf) {
            known.remove(fingerprint);
        }
    }

    private void makeRoom() {
        Instant now = clock.instant();
        known.values().removeIf(entry -> !entry.until.isAfter(now));
        if (known.size() >= MOST) {
            known.clear();
        }
    }

    /** Forgets what is known of a user, who changed. */
    void forget(String name) {
        generation.incrementAndGet();
        known.values().removeIf(entry -> entry.user.name().equals(name));
    }

    int size() {
        return known.size();
    }
}
