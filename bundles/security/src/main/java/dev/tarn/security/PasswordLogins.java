// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.data.Failure;
import dev.tarn.api.security.Credentials;
import dev.tarn.api.security.User;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Logins by name and password. Passwords are hashed on a few threads behind a bounded queue; what was right lately is
 * known without hashing; the same credentials shown many times at once are hashed once; who is wrong often has to wait.
 * Safe on any thread; never blocks.
 */
final class PasswordLogins {

    private final UserTable table;
    private final BackOff backOff;
    private final LoginTrail trail;
    private final KnownCredentials known;
    private final LoginThreads threads;
    private final PasswordHash nobody;
    private final Cost cost;

    /** Credentials, and the state of users that they are checked against. */
    private record Attempt(ByteBuffer fingerprint, long generation) {}

    /** What is being checked now; who shows the same meanwhile, no user having changed, gets the same answer. */
    private final Map<Attempt, CompletableFuture<User>> checking = new ConcurrentHashMap<>();

    PasswordLogins(UserTable table, BackOff backOff, LoginTrail trail, Settings settings, InstantSource clock) {
        this.table = table;
        this.backOff = backOff;
        this.trail = trail;
        this.cost = settings.cost();
        this.known = new KnownCredentials(settings.remembered(), clock);
        this.nobody = PasswordHash.ofNobody(cost);
        this.threads = new LoginThreads("tarn-passwords", settings.threads(), settings.queue());
    }

    /** Forgets what is known of a user, who changed. */
    void forget(String name) {
        known.forget(name);
    }

    /** Where whatever hashes passwords runs. */
    LoginThreads threads() {
        return threads;
    }

    CompletionStage<User> login(Credentials.Password credentials, @Nullable SocketAddress from) {
        if (credentials.secret().length > PasswordHash.LONGEST || !StoredUser.legal(credentials.name())) {
            credentials.wipe();
            return CompletableFuture.failedStage(wrong());
        }
        ByteBuffer fingerprint = known.fingerprint(credentials);
        User lately = known.find(fingerprint);
        if (lately != null) {
            credentials.wipe();
            return CompletableFuture.completedStage(lately);
        }
        Duration waiting = backOff.waiting(credentials.name(), from);
        if (!waiting.isZero()) {
            credentials.wipe();
            return CompletableFuture.failedStage(BackOff.busy(waiting));
        }
        CompletableFuture<User> answer = new CompletableFuture<>();
        Attempt attempt = new Attempt(fingerprint, known.generation());
        CompletableFuture<User> other = checking.putIfAbsent(attempt, answer);
        if (other != null) {
            credentials.wipe();
            return other;
        }
        CompletableFuture<User> checked = new CompletableFuture<>();
        checked.whenComplete((user, failure) -> {
            credentials.wipe();
            checking.remove(attempt, answer);
            if (user != null) {
                answer.complete(user);
            } else {
                answer.completeExceptionally(failure);
            }
        });
        threads.run(checked, () -> check(credentials, attempt, from));
        return answer;
    }

    /** On a hashing thread: reads the user and hashes, whether there is such a user or not. */
    private User check(Credentials.Password credentials, Attempt attempt, @Nullable SocketAddress from) {
        UserTable.Entry entry = table.find(credentials.name());
        if (!matches(entry == null ? nobody : entry.stored().password(), credentials.secret()) || entry == null) {
            backOff.wrong(credentials.name(), from);
            trail.login(credentials.name(), from, false, "wrong name or password");
            throw wrong();
        }
        backOff.right(credentials.name(), from);
        User user = entry.stored().byPassword();
        known.remember(attempt.fingerprint(), user, attempt.generation());
        table.refresh(entry, credentials.secret());
        trail.login(credentials.name(), from, true, "");
        return user;
    }

    /** One answer after one time, also where a hash is quicker to check than new ones are: a right one is made anew. */
    private boolean matches(PasswordHash hash, byte[] secret) {
        if (hash.matches(secret)) {
            return true;
        }
        // Nobody's password is unknown: this takes its time and finds nothing.
        return !hash.current(cost) && nobody.matches(secret);
    }

    /** One answer for a wrong name and a wrong password. */
    static Failure wrong() {
        return new Failure(Failure.Code.UNAUTHENTICATED, "wrong name or password");
    }
}
