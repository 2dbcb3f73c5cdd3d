// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Failure;
import dev.tarn.api.security.Audit;
import dev.tarn.api.security.Credentials;
import dev.tarn.api.security.Mechanisms;
import dev.tarn.api.security.User;
import dev.tarn.api.security.Users;
import dev.tarn.api.store.Store;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
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
 * Users in table {@code system.users}, and who somebody is by password, token, certificate or SCRAM. Safe on any thread;
 * never blocks, and its stages complete on the caller's thread or on one of those that look at logins.
 */
@Component(
        service = {Users.class, Mechanisms.class, StoredUsers.class},
        configurationPid = "dev.tarn.security",
        immediate = true)
@Designate(ocd = StoredUsers.Config.class)
public final class StoredUsers implements Users, Mechanisms {

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

        @AttributeDefinition(
                description =
                        "Memory in KiB that hashing a password takes (Argon2id); 1,024 to 4,194,304. Passwords that"
                                + " were hashed otherwise are hashed anew at the next login")
        int argon2_memory() default 19_456;

        @AttributeDefinition(description = "Passes of Argon2id over that memory; 1 to 100")
        int argon2_passes() default 2;

        @AttributeDefinition(
                description =
                        "Rounds of PBKDF2 in what is kept for SCRAM-SHA-256, which clients have to do at each login;"
                                + " 4,096 to 1,000,000, or 0 to keep nothing for SCRAM")
        int scram_rounds() default 15_000;

        @AttributeDefinition(description = "Passwords that are checked at once, each on a thread; 1 to 64")
        int threads() default 2;

        @AttributeDefinition(description = "Passwords that may wait to be checked; 1 to 10,000")
        int queue() default 256;

        @AttributeDefinition(
                description = "Seconds for which a right password is known without being hashed again; 0 to 3,600")
        int remember_seconds() default 300;

        @AttributeDefinition(description = "Minutes that a token lasts which is given for a password; 1 to 1,440")
        int token_minutes() default 15;

        @AttributeDefinition(
                description = "Days after which a refresh token that was not used is no longer good; 1 to 366")
        int refresh_days() default 30;

        @AttributeDefinition(description = "Hours after which a browser's login is over; 1 to 8,784")
        int browser_hours() default 12;

        @AttributeDefinition(
                description = "What the claim iss of tokens of another issuer must be; empty to take none of them")
        String issuer_name() default "";

        @AttributeDefinition(description = "What the claim aud of such tokens must be, or have in it")
        String issuer_audience() default "";

        @AttributeDefinition(
                description = "Where that issuer's public keys are (JWKS): an address with https, or a file")
        String issuer_keys() default "";

        @AttributeDefinition(description = "The claim that names the user")
        String issuer_user() default "sub";

        @AttributeDefinition(
                description =
                        "The claim with the roles of users who are not in system.users; without one they are refused")
        String issuer_roles() default "";

        @AttributeDefinition(description = "Seconds that the issuer's clock may differ from this one; 0 to 600")
        int issuer_skew() default 60;
    }

    private final UserBook book;
    private final TokenLogins shown;
    private final PasswordLogins passwords;
    private final ScramBook.Shelf scram;
    private final boolean anonymousAdministrators;
    private final Stays stays;
    private final AutoCloseable observation;
    private final AutoCloseable revocation;
    private final AtomicLong epoch = new AtomicLong();

    /** Users as the framework makes them. Blocks until there is an administrator, where one is needed. */
    @Activate
    public StoredUsers(@Reference Store store, @Reference Bodies bodies, Config config) {
        this(store, bodies, Settings.of(config), InstantSource.system());
    }

    StoredUsers(Store store, Bodies bodies, Settings settings, InstantSource clock) {
        KeyTable keys = new KeyTable(store, bodies);
        BackOff backOff = new BackOff(clock);
        LoginTrail trail = new LoginTrail();
        UserTable table = new UserTable(store, bodies, settings.cost(), clock);
        Settings.Given lives = settings.given();
        TokenLogins.Given given = new TokenLogins.Given(
                new Tokens(store, bodies, keys, clock),
                new RefreshTokens(store, bodies, keys.secret("refresh"), lives.refresh(), clock),
                new BrowserSessions(store, bodies, lives.browser(), clock),
                lives.access());
        this.passwords = new PasswordLogins(table, backOff, trail, settings, clock);
        this.book = new UserBook(table, given, trail, passwords.threads());
        ExternalTokens.Issuer issuer = lives.issuer();
        ExternalTokens external = issuer == null ? null : new ExternalTokens(issuer, bodies, clock);
        this.shown = new TokenLogins(table, given, external, trail, bodies);
        int rounds = Math.max(settings.cost().scram(), ScramVerifier.LEAST_ROUNDS);
        this.scram = new ScramBook.Shelf(table, backOff, trail, book.looks(), keys.secret("scram"), rounds);
        this.anonymousAdministrators = settings.anonymousAdministrators();
        this.stays = new Stays(shown::holds);
        new FirstAdministrator(table, settings).ensure();
        this.observation = table.observe(name -> {
            passwords.forget(name);
            epoch.incrementAndGet();
            stays.changed(name);
        });
        this.revocation = given.tokens().observe(id -> {
            epoch.incrementAndGet();
            stays.ended(id);
        });
    }

    /** Ends the threads; what waits there fails with UNAVAILABLE. */
    @Deactivate
    public void close() throws Exception {
        book.close();
        stays.close();
        observation.close();
        revocation.close();
    }

    /** Logins are written down from now on. */
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    public void setAudit(Audit audit) {
        book.trail().set(audit);
    }

    /** They no longer are. */
    public void unsetAudit(Audit audit) {
        book.trail().unset(audit);
    }

    @Override
    public List<String> names() {
        return List.of(ScramVerifier.MECHANISM);
    }

    @Override
    public Dialogue begin(String mechanism, @Nullable SocketAddress from) {
        if (!mechanism.equals(ScramVerifier.MECHANISM)) {
            throw new Failure(Failure.Code.UNSUPPORTED, "only " + ScramVerifier.MECHANISM + " is offered");
        }
        return new ScramDialogue(new ScramBook(scram, from));
    }

    @Override
    public CompletionStage<User> authenticate(Credentials credentials, @Nullable SocketAddress from) {
        if (credentials instanceof Credentials.Password password) {
            return password(password, from);
        } else if (credentials instanceof Credentials.Nothing) {
            return anonymous(from);
        } else if (credentials instanceof Credentials.Certificate certificate) {
            return book.blocking(() -> shown.certificate(certificate, from));
        } else if (credentials instanceof Credentials.Cookie cookie) {
            return book.blocking(() -> shown.browser(cookie, from));
        }
        return book.blocking(() -> shown.token(((Credentials.Token) credentials).token(), "", from));
    }

    @Override
    public AutoCloseable watch(User user, Runnable gone) {
        return stays.begin(user, gone);
    }

    @Override
    public long epoch() {
        return epoch.get();
    }

    /** Somebody has logged out. */
    void left(Credentials.Cookie cookie) {
        epoch.incrementAndGet();
        stays.ended(BrowserSessions.id(cookie));
    }

    /** The users and what they are given, for those who look after them. */
    UserBook book() {
        return book;
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
            return book.blocking(() -> shown.token(token, credentials.name(), from));
        }
        return passwords.login(credentials, from);
    }

    /**
     * Creates a user or replaces him. The stage completes when that is durable; blocks while the password is hashed.
     *
     * @param password UTF-8, wiped here
     * @throws IllegalArgumentException for a name or password that cannot be one
     */
    public CompletionStage<User> put(User user, byte[] password) {
        return book.put(user, password);
    }

    private static CompletionStage<User> refused(String why) {
        return CompletableFuture.failedStage(new Failure(Failure.Code.UNAUTHENTICATED, why));
    }
}
