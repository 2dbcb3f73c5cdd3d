// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Row;
import dev.tarn.api.security.User;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Store;
import dev.tarn.api.store.Write;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The table {@code system.users}. Safe on any thread; reading and hashing block. */
final class UserTable {

    private static final Logger LOG = LoggerFactory.getLogger(UserTable.class);

    /** A user and the version of his row. */
    record Entry(StoredUser stored, long version) {}

    private final Store store;
    private final Bodies bodies;
    private final Cost cost;
    private final InstantSource clock;

    /** Defines the table if need be. */
    UserTable(Store store, Bodies bodies, Cost cost, InstantSource clock) {
        this.store = store;
        this.bodies = bodies;
        this.cost = cost;
        this.clock = clock;
        store.define(StoredUser.TABLE);
    }

    /** The user of this name, or null. */
    @Nullable
    Entry find(String name) {
        try (Snapshot snapshot = store.snapshot()) {
            Row row = snapshot.get(StoredUser.TABLE, StoredUser.path(name)).orElse(null);
            return row == null ? null : entry(row);
        }
    }

    /** The user in a row, or null when it is none: it locks nobody out but himself. */
    private static @Nullable Entry entry(Row row) {
        try {
            return new Entry(StoredUser.of(row), row.version());
        } catch (IllegalArgumentException e) {
            LOG.error("user=unreadable row={} reason=\"{}\"", row.path(), e.getMessage());
            return null;
        }
    }

    boolean hasAdministrator() {
        try (Snapshot snapshot = store.snapshot();
                Snapshot.Rows rows = snapshot.rows(StoredUser.TABLE, Snapshot.Range.ALL)) {
            for (Row row = rows.next(); row != null; row = rows.next()) {
                Entry entry = entry(row);
                if (entry != null && entry.stored().user().administrator()) {
                    return true;
                }
            }
            return false;
        }
    }

    /** Creates or replaces a user; see {@link StoredUsers#put}. */
    CompletionStage<User> put(User user, byte[] secret) {
        if (!StoredUser.legal(user.name())) {
            throw new IllegalArgumentException("this cannot be the name of a user");
        }
        Instant now = clock.instant();
        return write(made(user, secret, now, now), Expectation.ANYTHING).thenApply(commit -> user);
    }

    /**
     * Creates a user or changes what is given of him. Hashes here; the stage completes when it is durable.
     *
     * @throws Failure INVALID for a new user without a password, or a password that cannot be one
     */
    CompletionStage<User> change(
            String name, @Nullable Set<String> roles, @Nullable Boolean administrator, byte @Nullable [] secret) {
        Entry entry = find(name);
        if (entry == null && secret == null) {
            throw new Failure(Failure.Code.INVALID, "password: a new user needs one");
        }
        User before = entry == null
                ? new User(name, Set.of(), false, true)
                : entry.stored().user();
        User user = new User(
                name,
                roles == null ? before.roles() : roles,
                administrator == null ? before.administrator() : administrator,
                true);
        Instant created = entry == null ? clock.instant() : entry.stored().created();
        StoredUser stored;
        try {
            stored = secret == null
                    ? kept(user, Objects.requireNonNull(entry).stored())
                    : made(user, secret, created, clock.instant());
        } catch (IllegalArgumentException illegal) {
            throw new Failure(Failure.Code.INVALID, "password: " + illegal.getMessage());
        } finally {
            if (secret != null) {
                Arrays.fill(secret, (byte) 0);
            }
        }
        Expectation unchanged = entry == null ? Expectation.ABSENT : Expectation.at(Set.of(entry.version()));
        return write(stored, unchanged).thenApply(commit -> user);
    }

    /** A user whose password is known as a hash only, until he logs in. */
    StoredUser imported(User user, PasswordHash hash) {
        Instant now = clock.instant();
        return new StoredUser(user, hash, null, now, now);
    }

    private StoredUser made(User user, byte[] secret, Instant created, Instant since) {
        PasswordHash hash = PasswordHash.of(secret, cost);
        ScramVerifier scram = cost.scram() == 0
                ? null
                : ScramVerifier.of(secret, cost.scram()).orElse(null);
        return new StoredUser(user, hash, scram, created, since);
    }

    private static StoredUser kept(User user, StoredUser old) {
        return new StoredUser(user, old.password(), old.scram(), old.created(), old.since());
    }

    /** Hashes a right password anew when it was hashed as is no longer done; nothing is lost when that fails. */
    void refresh(Entry entry, byte[] secret) {
        StoredUser old = entry.stored();
        if (old.password().current(cost) && verifiable(old.scram(), secret)) {
            return;
        }
        StoredUser fresh = made(old.user(), secret, old.created(), old.since());
        write(fresh, Expectation.at(Set.of(entry.version()))).whenComplete((commit, failure) -> {
            if (failure != null) {
                LOG.debug("password=not-rehashed reason=\"{}\"", failure.getMessage());
            }
        });
    }

    /** Whether the verifier is the one that would be made. */
    private boolean verifiable(@Nullable ScramVerifier scram, byte[] secret) {
        if (scram == null) {
            return cost.scram() == 0
                    || SaslPrep.of(new String(secret, StandardCharsets.UTF_8)).isEmpty();
        }
        return scram.rounds() == cost.scram();
    }

    private CompletionStage<Commit> write(StoredUser user, Expectation expectation) {
        return store.commit(Write.of(Draft.put(
                StoredUser.TABLE,
                StoredUser.path(user.user().name()),
                user.body(bodies),
                Attributes.NONE,
                expectation)));
    }

    /** Tells the observer, on the store's sync thread, the name of every user that changes or goes. */
    AutoCloseable observe(Consumer<String> changed) {
        String name = StoredUser.TABLE.qualifiedName();
        return store.observe(commits -> {
            for (Commit commit : commits) {
                for (Change change : commit.changes()) {
                    if (change.table().equals(name)) {
                        changed.accept(Objects.requireNonNullElse(StoredUser.TABLE.id(change.path()), ""));
                    }
                }
            }
        });
    }
}
