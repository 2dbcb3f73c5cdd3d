// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Context;
import dev.tarn.api.security.Access;
import dev.tarn.api.security.Rights;
import dev.tarn.api.security.TableRights;
import dev.tarn.api.security.User;
import dev.tarn.engine.query.Sight;
import java.net.SocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** A connection's context, with the gate that keeps its order. Safe on any thread. */
final class CallContext implements Context {

    private static final User APPLICATION = new User("application", Set.of(), true);

    private final User user;
    private final String protocol;
    private final String origin;
    private final @Nullable SocketAddress remote;
    private final Gate gate = new Gate();

    private volatile @Nullable CallContext application;

    /** What its user may do, as of the rights' epoch; null before the first question. */
    private volatile @Nullable Seen seen;

    /** Rights, and what they make of tables. */
    static final class Seen {
        private final Rights rights;
        private final Map<String, Reach> reaches = new ConcurrentHashMap<>();

        /** Most connections ask about one table again and again. */
        private volatile @Nullable Reach last;

        Seen(Rights rights) {
            this.rights = rights;
        }

        Rights rights() {
            return rights;
        }

        /** @param compiler makes of grants what they let see */
        Reach reach(Table table, BiFunction<Table, List<TableRights.Grant>, Sight> compiler) {
            Reach lately = last;
            if (lately != null && lately.of(table)) {
                return lately;
            }
            Reach found = reaches.get(table.qualifiedName());
            if (found == null || !found.of(table)) {
                found = new Reach(table, rights.of(table), compiler);
                reaches.put(table.qualifiedName(), found);
            }
            last = found;
            return found;
        }
    }

    CallContext(User user, String protocol, String origin, @Nullable SocketAddress remote) {
        this.user = user;
        this.protocol = protocol;
        this.origin = origin;
        this.remote = remote;
    }

    /** The engine's own context: every context is made by it. */
    static CallContext of(Context context) {
        if (context instanceof CallContext own) {
            return own;
        }
        throw new IllegalArgumentException("a context that Resources.context did not make: " + context);
    }

    @Override
    public User user() {
        return user;
    }

    @Override
    public String protocol() {
        return protocol;
    }

    @Override
    public String origin() {
        return origin;
    }

    @Override
    public @Nullable SocketAddress remote() {
        return remote;
    }

    /** The rights of its user as they are now. */
    Seen seen(Access access) {
        Seen known = seen;
        if (known == null || known.rights().epoch() != access.epoch()) {
            known = new Seen(access.rights(user, client()));
            seen = known;
        }
        return known;
    }

    /** The id of the MQTT client, which is in the origin behind the protocol's name; empty for none. */
    private String client() {
        return protocol.equals("mqtt") && origin.startsWith("mqtt/") ? origin.substring(5) : "";
    }

    /** What applications do on behalf of this one: with their own rights, and as coming from here. */
    CallContext application() {
        CallContext known = application;
        if (known == null) {
            known = new CallContext(APPLICATION, "application", origin, null);
            application = known;
        }
        return known;
    }

    Gate gate() {
        return gate;
    }

    @Override
    public String toString() {
        return protocol + " " + origin;
    }
}
