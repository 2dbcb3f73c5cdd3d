// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Failure;
import dev.tarn.api.security.Audit;
import dev.tarn.api.security.Credentials;
import dev.tarn.api.security.User;
import dev.tarn.api.security.Users;
import dev.tarn.api.store.Store;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.AttributeType;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/**
 * Users in table {@code system.users}. Passwords are hashed on a few threads of its own behind a bounded queue; what was
 * right lately is known without hashing; the same credentials shown many times at once are hashed once. Safe on any thread;
 * {@link #authenticate} never blocks, and its stages complete on the caller's thread or on a hashing one.
 */
@Component(
        service = {Users.class, StoredUsers.class},
        configurationPid = "dev.tarn.security",
        immediate = true)
@Designate(ocd = StoredUsers.Config.class)
public final class StoredUsers implements Users {

    private static final User ANONYMOUS = new User("anonymous", Set.of(), true);

    /** Settings of users and passwords. */
    @ObjectClassDefinition(name = "Users and passwords")
    public @interface Config {
        @AttributeDefinition(
                options = {@Option("start"), @Option("dev")},
                description = "start: who has no credentials is refused; dev: who comes from this machine without"
                        + " credentials is an administrator")
        String mode() default "start";

        @AttributeDefinition(
                options = {@Option("refuse"), @Option("administrator")},
                description = "What is done with callers without credentials in mode start: refuse; or administrator,"
                        + " which makes those from loopback addresses administrators as mode dev does")
        String anonymous() default "refuse";

        @AttributeDefinition(description = "The name of the administrator that is made when there is none")
        String administrator_name() default "admin";

        @AttributeDefinition(
                type = AttributeType.PASSWORD,
                description = "That administrator's password, set at every start; when empty, one is made up at the"
                        + " first start and written to the file administrator-password")
        String administrator_password() default "";

        @AttributeDefinition(description = "Where the file administrator-password is written: the data directory")
        String directory() default "";

        @AttributeDefinition(
                description = "Whether listeners without TLS may be on addresses that others reach, where passwords can"
                        + " then be read on the way; for nodes behind a proxy that does TLS")
        boolean plaintext() default false;

        @AttributeDefinition(description = "Rounds of PBKDF2 for new passwords; 10,000 to 10,000,000")
        int iterations() default 210_000;

        @AttributeDefinition(description = "Passwords that are checked at once, each on a thread; 1 to 64")
        int threads() default 2;

        @AttributeDefinition(description = "Passwords that may wait to be checked; 1 to 10,000")
        int queue() default 256;

        @AttributeDefinition(
                description = "Seconds for which a right password is known without being hashed again; 0 to 3,600")
        int remember_seconds() default 300;
    }

    private final UserTable table;
    private final Tokens tokens;
    private final KnownCredentials known;
    private final BackOff backOff;
    private final HashingThreads threads;
    private final PasswordHash nobody;
    private final boolean anonymousAdministrators;

    /** Credentials, and the state of users that they are checked against. */
    private record Attempt(ByteBuffer fingerprint, long generation) {}

    /** What is being checked now; who shows the same meanwhile, no user having changed, gets the same answer. */
    private final Map<Attempt, CompletableFuture<User>> checking = new ConcurrentHashMap<>();

    private final AutoCloseable observation;
    private final AtomicReference<@Nullable Audit> audit = new AtomicReference<>();

    /** Users as the framework makes them. Blocks until there is an administrator, where one is needed. */
    @Activate
    public StoredUsers(@Reference Store store, @Reference Bodies bodies, Config config) {
        this(store, bodies, Settings.of(config), InstantSource.system());
    }

    StoredUsers(Store store, Bodies bodies, Settings settings, InstantSource clock) {
        this.table = new UserTable(store, bodies, settings.iterations(), clock);
        this.tokens = new Tokens(store, bodies, clock);
        this.known = new KnownCredentials(settings.remembered(), clock);
        this.backOff = new BackOff(clock);
        this.nobody = PasswordHash.ofNobody(settings.iterations());
        this.anonymousAdministrators = settings.anonymousAdministrators();
        new FirstAdministrator(table, settings).ensure();
        this.observation = table.observe(known::forget);
        this.threads = new HashingThreads(settings.threads(), settings.queue());
    }

    /** Ends the hashing threads; what waits there fails with UNAVAILABLE. */
    @Deactivate
    public void close() throws Exception {
        threads.close();
        observation.close();
    }

    /** Logins are written down from now on. */
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    public void setAudit(Audit trail) {
        audit.set(trail);
    }

    /** They no longer are. */
    public void unsetAudit(Audit trail) {
        audit.compareAndSet(trail, null);
    }

    private void audit(String name, @Nullable SocketAddress from, boolean allowed, String detail) {
        Audit trail = audit.get();
        if (trail != null) {
            trail.record(new Audit.Event("login", name, "", from, allowed, detail));
        }
    }

    /** Runs something that blocks on a thread that hashes passwords. */
    <T> CompletionStage<T> blocking(Supplier<T> work) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        threads.run(answer, work);
        return answer;
    }

    /**
     * Creates a user or changes him. The stage completes when that is durable.
     *
     * @param roles null to leave them
     * @param administrator null to leave it
     * @param password null to leave it; wiped
     */
    CompletionStage<User> change(
            String name, @Nullable Set<String> roles, @Nullable Boolean administrator, byte @Nullable [] password) {
        return blocking(() -> table.change(name, roles, administrator, password))
                .thenCompose(stage -> stage);
    }

    @Override
    public CompletionStage<User> authenticate(Credentials credentials, @Nullable SocketAddress from) {
        if (credentials instanceof Credentials.Password password) {
            return password(password, from);
        } else if (credentials instanceof Credentials.Nothing) {
            return anonymous(from);
        } else if (credentials instanceof Credentials.Certificate certificate) {
            return certificate(certificate, from);
        }
        return token(((Credentials.Token) credentials).token(), "", from);
    }

    /**
     * A token that this node gave out. The user must still be there; what he may do is what he may do now.
     *
     * @param name whom the peer says it is of; empty for whomever it names
     */
    private CompletionStage<User> token(String token, String name, @Nullable SocketAddress from) {
        return blocking(() -> {
            String named = tokens.verified(token);
            UserTable.Entry entry = name.isEmpty() || name.equals(named) ? table.find(named) : null;
            if (entry == null) {
                audit(named, from, false, "token");
                throw new Failure(Failure.Code.UNAUTHENTICATED, "the token is not valid, or not any more");
            }
            return entry.stored().user();
        });
    }

    /** Whether there is a user of this name. Blocks. */
    boolean exists(String name) {
        return StoredUser.legal(name) && table.find(name) != null;
    }

    /** The tokens that this node gives out. */
    Tokens tokens() {
        return tokens;
    }

    /** What TLS has verified; the name in it must be that of a user. */
    private CompletionStage<User> certificate(Credentials.Certificate shown, @Nullable SocketAddress from) {
        String name = CertificateNames.of(shown.certificate()).orElse("");
        return blocking(() -> {
            UserTable.Entry entry = name.isEmpty() ? null : table.find(name);
            audit(
                    name,
                    from,
                    entry != null,
                    "certificate " + shown.certificate().getSerialNumber());
            if (entry == null) {
                throw new Failure(Failure.Code.UNAUTHENTICATED, "the certificate names no user");
            }
            return entry.stored().user();
        });
    }

    private CompletionStage<User> anonymous(@Nullable SocketAddress from) {
        boolean near = from instanceof InetSocketAddress internet
                && internet.getAddress() != null
                && internet.getAddress().isLoopbackAddress();
        return anonymousAdministrators && near
                ? CompletableFuture.completedStage(ANONYMOUS)
                : refused("a name and a password are needed");
    }

    private CompletionStage<User> password(Credentials.Password credentials, @Nullable SocketAddress from) {
        if (Tokens.like(credentials.secret())) {
            // A client that knows names and passwords only, such as one of MQTT, shows its token as the password.
            String token = new String(credentials.secret(), StandardCharsets.ISO_8859_1);
            credentials.wipe();
            return token(token, credentials.name(), from);
        }
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
            return CompletableFuture.failedStage(new Failure(
                    Failure.Code.BUSY,
                    "too many wrong passwords: try again in " + (waiting.toSeconds() + 1) + " seconds"));
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
        PasswordHash hash = entry == null ? nobody : entry.stored().password();
        if (!hash.matches(credentials.secret()) || entry == null) {
            backOff.wrong(credentials.name(), from);
            audit(credentials.name(), from, false, "wrong name or password");
            throw wrong();
        }
        backOff.right(credentials.name(), from);
        User user = entry.stored().user();
        known.remember(attempt.fingerprint(), user, attempt.generation());
        table.refresh(entry, credentials.secret());
        audit(credentials.name(), from, true, "");
        return user;
    }

    /**
     * Creates a user or replaces him. The stage completes when that is durable; blocks while the password is hashed.
     *
     * @param password UTF-8, wiped here
     * @throws IllegalArgumentException for a name or password that cannot be one
     */
    public CompletionStage<User> put(User user, byte[] password) {
        Credentials.Password credentials = new Credentials.Password(user.name(), password);
        try {
            return table.put(user, credentials.secret());
        } finally {
            credentials.wipe();
        }
    }

    /** One answer for a wrong name and a wrong password. */
    private static Failure wrong() {
        return new Failure(Failure.Code.UNAUTHENTICATED, "wrong name or password");
    }

    private static CompletionStage<User> refused(String why) {
        return CompletableFuture.failedStage(new Failure(Failure.Code.UNAUTHENTICATED, why));
    }
}
