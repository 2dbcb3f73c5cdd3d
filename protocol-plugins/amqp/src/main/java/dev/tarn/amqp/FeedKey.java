// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Failure;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The name of a {@link Feed}. A user's subscriptions are his own, whatever container others say they are.
 *
 * @param user empty where all users share it
 * @param container empty where all containers share it
 * @param name of the subscription; of a queue, its path
 */
record FeedKey(Kind kind, String user, String container, String name) {

    /** What kinds there are. */
    enum Kind {
        /** One client's, by container id and link name. */
        DURABLE,
        /** Several clients', each change for one of them. */
        SHARED,
        /** Everybody's, each change for one of them; there from its declaration on. */
        QUEUE,
        /** A queue that ends with the connection that has asked for it. */
        TEMPORARY
    }

    static FeedKey queue(String path) {
        return new FeedKey(Kind.QUEUE, "", "", path);
    }

    static FeedKey temporary(String path) {
        return new FeedKey(Kind.TEMPORARY, "", "", path);
    }

    /** Whether one client at a time has it. */
    boolean exclusive() {
        return kind == Kind.DURABLE;
    }

    boolean queue() {
        return kind == Kind.QUEUE || kind == Kind.TEMPORARY;
    }

    /** Whether it outlasts the server. */
    boolean stored() {
        return kind != Kind.TEMPORARY;
    }

    /** As operators name it. */
    Map<String, Object> values() {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("kind", kind.name().toLowerCase(Locale.ROOT));
        values.put("user", user);
        values.put("container", container);
        values.put("name", name);
        return values;
    }

    /**
     * What operators name so.
     *
     * @throws Failure INVALID when it names nothing
     */
    static FeedKey of(Map<String, Object> values) {
        String kind = text(values, "kind");
        String name = text(values, "name");
        for (Kind each : Kind.values()) {
            if (each.name().equalsIgnoreCase(kind) && !name.isEmpty()) {
                return new FeedKey(each, text(values, "user"), text(values, "container"), name);
            }
        }
        throw new Failure(Failure.Code.INVALID, "kind: durable, shared, queue or temporary; name: is needed too");
    }

    private static String text(Map<String, Object> values, String name) {
        Object value = values.get(name);
        return value == null ? "" : value.toString();
    }

    // Written out, as in FeedTerms: what the JDK makes for a record (java.lang.runtime.ObjectMethods) remembers the
    // class
    // of the record that was compared last, and with it this bundle when it is gone.
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof FeedKey key
                && kind == key.kind
                && user.equals(key.user)
                && container.equals(key.container)
                && name.equals(key.name);
    }

    @Override
    public int hashCode() {
        return Objects.hash(kind, user, container, name);
    }

    @Override
    public String toString() {
        return kind.name().toLowerCase(Locale.ROOT) + "/" + user + "/" + container + "/" + name;
    }
}
