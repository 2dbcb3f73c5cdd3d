// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.security.Credentials;
import dev.tarn.api.security.Logins;
import dev.tarn.api.security.User;
import java.net.SocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Tokens and cookies for those who have shown their password. Safe on any thread; never blocks. */
@Component(service = Logins.class)
public final class GivenLogins implements Logins {

    private final StoredUsers users;

    @Activate
    public GivenLogins(@Reference StoredUsers users) {
        this.users = users;
    }

    /** A token is not worth a password: it would last for ever. */
    private CompletionStage<User> login(Credentials.Password credentials, @Nullable SocketAddress from) {
        if (Tokens.like(credentials.secret())) {
            credentials.wipe();
            return CompletableFuture.failedStage(PasswordLogins.wrong());
        }
        return users.authenticate(credentials, from);
    }

    @Override
    public CompletionStage<Pair> grant(Credentials.Password credentials, @Nullable SocketAddress from) {
        return login(credentials, from)
                .thenCompose(user -> users.book().given().refreshes().begin(user.name()))
                .thenCompose(this::pair);
    }

    private CompletionStage<Pair> pair(RefreshTokens.Family family) {
        return users.book().blocking(() -> {
            Tokens.Issued access = users.book()
                    .given()
                    .tokens()
                    .issue(family.user(), users.book().given().access(), family.id());
            String refresh = users.book().given().refreshes().token(family.id(), family.count());
            return new Pair(
                    family.user(),
                    access.token(),
                    users.book().given().access(),
                    refresh,
                    users.book().given().refreshes().life());
        });
    }

    @Override
    public CompletionStage<Pair> refresh(String refresh, @Nullable SocketAddress from) {
        RefreshTokens.Shown shown = users.book().given().refreshes().read(refresh);
        if (shown == null) {
            return CompletableFuture.failedStage(Tokens.wrong());
        }
        return users.book()
                .blocking(() -> users.book().given().refreshes().find(shown.family()))
                .thenCompose(family -> family == null ? over() : turned(family, shown, from))
                .thenCompose(this::pair);
    }

    private CompletionStage<RefreshTokens.Family> turned(
            RefreshTokens.Family family, RefreshTokens.Shown shown, @Nullable SocketAddress from) {
        return users.book().blocking(() -> users.book().since(family.user())).thenCompose(since -> {
            if (since == null || since.isAfter(family.since())) {
                return over();
            } else if (shown.count() == family.count()) {
                return users.book().given().refreshes().next(family);
            } else if (users.book().given().refreshes().again(family, shown.count())) {
                return CompletableFuture.completedStage(family);
            }
            users.book().trail().login(family.user(), from, false, "a refresh token was used twice: " + family.id());
            return users.book()
                    .given()
                    .refreshes()
                    .end(family.id(), users.book().given().tokens().revocation(family.id()))
                    .thenCompose(ended -> over());
        });
    }

    private static CompletionStage<RefreshTokens.Family> over() {
        return CompletableFuture.failedStage(Tokens.wrong());
    }

    @Override
    public CompletionStage<Void> revoke(String refresh) {
        RefreshTokens.Shown shown = users.book().given().refreshes().read(refresh);
        return shown == null
                ? CompletableFuture.completedStage(null)
                : users.book()
                        .given()
                        .refreshes()
                        .end(shown.family(), users.book().given().tokens().revocation(shown.family()))
                        .thenAccept(done -> {});
    }

    @Override
    public CompletionStage<Opened> open(Credentials.Password credentials, @Nullable SocketAddress from) {
        return login(credentials, from)
                .thenCompose(user -> users.book()
                        .given()
                        .browsers()
                        .open(user.name())
                        .thenApply(cookie -> new Opened(
                                user.name(),
                                cookie,
                                users.book().given().browsers().life())));
    }

    @Override
    public CompletionStage<Void> close(Credentials.Cookie cookie) {
        return users.book().given().browsers().close(cookie).thenAccept(done -> users.left(cookie));
    }
}
