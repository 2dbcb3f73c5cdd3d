// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.security.Credentials;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Store;
import dev.tarn.api.store.Write;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Browsers in which somebody has logged in, {@code system.browsers}; kept is a digest of the cookie, so that whoever reads the
 * table has none. Safe on any thread; looking blocks.
 */
final class BrowserSessions {

    private static final Table TABLE = new Table(
            Table.SYSTEM, "browsers", null, List.of(Attribute.primaryKey("id", Attribute.Type.ID)), Table.Rules.STATE);
    private static final int SECRET_BYTES = 32;
    private static final int LONGEST = 128;

    private final Store store;
    private final Bodies bodies;
    private final Duration life;
    private final InstantSource clock;

    /**
     * Who logged in, and when.
     *
     * @param id of the session, no secret
     */
    record Browser(String id, String user, Instant since, Instant until) {}

    BrowserSessions(Store store, Bodies bodies, Duration life, InstantSource clock) {
        this.store = store;
        this.bodies = bodies;
        this.life = life;
        this.clock = clock;
        store.define(TABLE);
    }

    Duration life() {
        return life;
    }

    /** A new session; the stage completes when it is durable. */
    CompletionStage<Credentials.Cookie> open(String user) {
        Credentials.Cookie cookie = new Credentials.Cookie(WebToken.encoded(Secrets.random(SECRET_BYTES)));
        Instant now = clock.instant();
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("id", id(cookie));
        row.put("user", user);
        row.put("since", now);
        row.put("until", now.plus(life));
        Attributes attributes =
                Attributes.builder().expiresAt(now.plus(life).toEpochMilli()).build();
        return store.commit(Write.of(
                        Draft.put(TABLE, TABLE.path(id(cookie)), bodies.of(row), attributes, Expectation.ABSENT)))
                .thenApply(done -> cookie);
    }

    /** Whose browser it is, or null. */
    @Nullable
    Browser find(Credentials.Cookie cookie) {
        return cookie.secret().length() > LONGEST ? null : find(id(cookie));
    }

    /** The session of this id, or null. */
    @Nullable
    Browser find(String id) {
        try (Snapshot snapshot = store.snapshot()) {
            Row row = snapshot.get(TABLE, TABLE.path(id)).orElse(null);
            return row != null
                            && row.body().value() instanceof Map<?, ?> map
                            && map.get("user") instanceof String user
                            && map.get("since") instanceof Instant since
                            && map.get("until") instanceof Instant until
                            && until.isAfter(clock.instant())
                    ? new Browser(id, user, since, until)
                    : null;
        }
    }

    /** Ends a session, if there is one. */
    CompletionStage<Commit> close(Credentials.Cookie cookie) {
        return store.commit(
                Write.of(Draft.delete(TABLE, TABLE.path(id(cookie)), Attributes.NONE, Expectation.ANYTHING)));
    }

    /** What a session is called without its secret being told. */
    static String id(Credentials.Cookie cookie) {
        return HexFormat.of()
                .formatHex(Secrets.digest("SHA-256", cookie.secret().getBytes(StandardCharsets.UTF_8)));
    }
}
