// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Store;
import dev.tarn.api.store.Write;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Refresh tokens: each is good for one use, and a row of {@code system.refresh} says which of a family is next. A token is the
 * family's id and a count under an HMAC of the node, so that the row holds no secret. Safe on any thread; looking blocks.
 */
final class RefreshTokens {

    private static final Table TABLE = new Table(
            Table.SYSTEM, "refresh", null, List.of(Attribute.primaryKey("id", Attribute.Type.ID)), Table.Rules.STATE);
    private static final String VERSION = "r1";

    /** Whoever did not get the answer may ask again with the token before, for this long. */
    static final Duration AGAIN = Duration.ofSeconds(30);

    private final Store store;
    private final Bodies bodies;
    private final byte[] key;
    private final Duration life;
    private final InstantSource clock;

    /**
     * What tokens belong to.
     *
     * @param count of the token that is next
     * @param used when the one before was used
     */
    record Family(String id, String user, long count, Instant since, Instant used, Instant until, long version) {}

    /** A token that this node has given out, as it says. */
    record Shown(String family, long count) {}

    RefreshTokens(Store store, Bodies bodies, byte[] key, Duration life, InstantSource clock) {
        this.store = store;
        this.bodies = bodies;
        this.key = key.clone();
        this.life = life;
        this.clock = clock;
        store.define(TABLE);
    }

    Duration life() {
        return life;
    }

    /** The token of a family with this count. */
    String token(String family, long count) {
        String about = family + "." + count;
        return VERSION + "." + about + "." + WebToken.encoded(mac(about));
    }

    private byte[] mac(String about) {
        return Secrets.hmac(key, about.getBytes(StandardCharsets.UTF_8));
    }

    /** What a token says; null when this node has not given it out. */
    @Nullable
    Shown read(String token) {
        String[] parts = token.length() > 256 ? new String[0] : token.split("\\.", -1);
        if (parts.length != 4
                || !parts[0].equals(VERSION)
                || !parts[1].matches("[0-9a-f]{32}")
                || !parts[2].matches("[0-9]{1,18}")) {
            return null;
        }
        byte[] right = WebToken.encoded(mac(parts[1] + "." + parts[2])).getBytes(StandardCharsets.UTF_8);
        return MessageDigest.isEqual(right, parts[3].getBytes(StandardCharsets.UTF_8))
                ? new Shown(parts[1], Long.parseLong(parts[2]))
                : null;
    }

    /** A new family; the stage completes when it is durable. */
    CompletionStage<Family> begin(String user) {
        Instant now = clock.instant();
        return keep(new Family(Tokens.id(), user, 1, now, now, now.plus(life), 0), Expectation.ABSENT);
    }

    /** The next count; fails when somebody else was first. */
    CompletionStage<Family> next(Family family) {
        Instant now = clock.instant();
        return keep(
                new Family(family.id(), family.user(), family.count() + 1, family.since(), now, now.plus(life), 0),
                Expectation.at(Set.of(family.version())));
    }

    /** Whether a count is that of the token before, and was used a moment ago. */
    boolean again(Family family, long count) {
        return count == family.count() - 1 && family.used().plus(AGAIN).isAfter(clock.instant());
    }

    private CompletionStage<Family> keep(Family family, Expectation expectation) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("id", family.id());
        row.put("user", family.user());
        row.put("count", family.count());
        row.put("since", family.since());
        row.put("used", family.used());
        row.put("until", family.until());
        Attributes attributes =
                Attributes.builder().expiresAt(family.until().toEpochMilli()).build();
        return store.commit(
                        Write.of(Draft.put(TABLE, TABLE.path(family.id()), bodies.of(row), attributes, expectation)))
                .thenApply(done -> family);
    }

    /** The family of this id, unless its time is over; null when there is none. */
    @Nullable
    Family find(String id) {
        try (Snapshot snapshot = store.snapshot()) {
            Row row = snapshot.get(TABLE, TABLE.path(id)).orElse(null);
            return row != null
                            && row.body().value() instanceof Map<?, ?> map
                            && map.get("user") instanceof String user
                            && map.get("count") instanceof Long count
                            && map.get("since") instanceof Instant since
                            && map.get("used") instanceof Instant used
                            && map.get("until") instanceof Instant until
                            && until.isAfter(clock.instant())
                    ? new Family(id, user, count, since, used, until, row.version())
                    : null;
        }
    }

    /** Ends a family together with something else. */
    CompletionStage<Commit> end(String id, Draft besides) {
        Draft gone = Draft.delete(TABLE, TABLE.path(id), Attributes.NONE, Expectation.ANYTHING);
        return store.commit(new Write(List.of(gone, besides), List.of()));
    }
}
