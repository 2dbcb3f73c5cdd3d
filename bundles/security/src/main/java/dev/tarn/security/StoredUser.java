// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.security.Grounds;
import dev.tarn.api.security.User;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A user as a row of {@code system.users}.
 *
 * @param since when somebody last gave him his password; what he was given for an earlier one is over
 * @param scram null where there is none: the password was imported as a hash, or SASLprep does not take it
 */
record StoredUser(
        User user, PasswordHash password, @Nullable ScramVerifier scram, Instant created, Instant since) {

    /** Logged, so that caches hear of changes. */
    static final Table TABLE = new Table(
            Table.SYSTEM,
            "users",
            null,
            List.of(
                    Attribute.primaryKey("name", Attribute.Type.ID),
                    new Attribute("roles", Attribute.Type.STRING, true, false, true, false, false, List.of()),
                    Attribute.of("administrator", Attribute.Type.BOOLEAN),
                    Attribute.of("password", Attribute.Type.STRING),
                    Attribute.of("scram", Attribute.Type.STRING),
                    Attribute.of("created", Attribute.Type.DATE),
                    Attribute.of("since", Attribute.Type.DATE)),
            Table.Rules.DECLARED);

    private static final int LONGEST_NAME = 256;

    /**
     * Whether somebody can be called that: 1 to 256 bytes, no control characters, and none that mean something in a path,
     * a filter or HTTP Basic, so that a name is never more than a name where it is put into a pattern.
     */
    static boolean legal(String name) {
        if (name.isEmpty() || name.length() > LONGEST_NAME) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean paired = Character.isHighSurrogate(c)
                    && i + 1 < name.length()
                    && Character.isLowSurrogate(name.charAt(i + 1));
            if (paired) {
                i++;
            } else if (Character.isSurrogate(c) || Character.isISOControl(c) || "+#/:$%".indexOf(c) >= 0) {
                return false;
            }
        }
        return name.getBytes(StandardCharsets.UTF_8).length <= LONGEST_NAME;
    }

    /** The user, let in by his password as it is now. */
    User byPassword() {
        return user.by(new Grounds(Grounds.By.PASSWORD, since.toString(), Instant.MAX));
    }

    static Path path(String name) {
        return TABLE.path(name);
    }

    Body body(Bodies bodies) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("name", user.name());
        row.put("roles", List.copyOf(user.roles()));
        row.put("administrator", user.administrator());
        row.put("password", password.text());
        if (scram != null) {
            row.put("scram", scram.text());
        }
        row.put("created", created);
        row.put("since", since);
        return bodies.of(row);
    }

    /**
     * The user in a row.
     *
     * @throws IllegalArgumentException when the row is none
     */
    static StoredUser of(Row row) {
        if (!(row.body().value() instanceof Map<?, ?> map)
                || !(map.get("name") instanceof String name)
                || !(map.get("password") instanceof String password)) {
            throw new IllegalArgumentException("the row " + row.path() + " of system.users is no user");
        }
        boolean administrator = Boolean.TRUE.equals(map.get("administrator"));
        User user = new User(name, roles(map.get("roles")), administrator, true);
        Instant created = map.get("created") instanceof Instant moment ? moment : Instant.EPOCH;
        ScramVerifier scram = map.get("scram") instanceof String verifier ? ScramVerifier.parse(verifier) : null;
        Instant since = map.get("since") instanceof Instant moment ? moment : created;
        return new StoredUser(user, PasswordHash.parse(password), scram, created, since);
    }

    static Set<String> roles(@Nullable Object value) {
        if (!(value instanceof List<?> list)) {
            return Set.of();
        }
        return list.stream()
                .filter(String.class::isInstance)
                .map(String.class::cast)
                .collect(Collectors.toUnmodifiableSet());
    }
}
