// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.security.Access;
import dev.tarn.api.security.Rights;
import dev.tarn.api.security.User;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Store;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Access by the roles in {@code system.roles}; what no role allows is denied, and database {@code system} is out of
 * everybody's reach. Follows the log: a change of a role or a user is in force before its writer is answered. Safe on any
 * thread; nothing is read from the store after the start.
 */
@Component(service = Access.class, immediate = true)
public final class RoleAccess implements Access, Store.CommitObserver {

    private static final Logger LOG = LoggerFactory.getLogger(RoleAccess.class);

    /** Users whose roles are remembered so that only real changes count. */
    private static final int MOST_STANDINGS = 200_000;

    /** What is known of a user besides what he was when he logged in. */
    private record Standing(Set<String> roles, boolean administrator, boolean gone) {}

    private final AtomicLong epoch = new AtomicLong(1);
    private final AtomicReference<Map<String, Role>> roles;
    private final Map<String, Standing> standings = new ConcurrentHashMap<>();
    private final CopyOnWriteArrayList<Runnable> watching = new CopyOnWriteArrayList<>();
    private final AutoCloseable observation;

    @Activate
    public RoleAccess(@Reference Store store) {
        store.define(Role.TABLE);
        roles = new AtomicReference<>(Map.of());
        observation = store.observe(this);
        // A change that comes while the rows are read is newer than they are.
        Map<String, Role> read = read(store);
        roles.updateAndGet(changed -> {
            Map<String, Role> all = new HashMap<>(read);
            all.putAll(changed);
            return Map.copyOf(all);
        });
    }

    /** Follows the log no longer. */
    @Deactivate
    public void close() throws Exception {
        observation.close();
    }

    private static Map<String, Role> read(Store store) {
        Map<String, Role> all = new HashMap<>();
        try (Snapshot snapshot = store.snapshot();
                Snapshot.Rows rows = snapshot.rows(Role.TABLE, Snapshot.Range.ALL)) {
            for (Row row = rows.next(); row != null; row = rows.next()) {
                add(all, row);
            }
        }
        return all;
    }

    /** A role that cannot be read allows nothing. */
    private static void add(Map<String, Role> all, Row row) {
        try {
            Role role = Role.of(row);
            all.put(role.name(), role);
        } catch (IllegalArgumentException wrong) {
            LOG.error("role=unreadable row={} reason=\"{}\"", row.path(), wrong.getMessage());
        }
    }

    /** On the sync thread. */
    @Override
    public void committed(List<Commit> commits) {
        boolean changed = false;
        for (Commit commit : commits) {
            for (Change change : commit.changes()) {
                if (change.table().equals(Role.TABLE.qualifiedName())) {
                    role(change);
                    changed = true;
                } else if (change.table().equals(StoredUser.TABLE.qualifiedName())) {
                    changed |= user(change);
                }
            }
        }
        if (changed) {
            epoch.incrementAndGet();
            watching.forEach(Runnable::run);
        }
    }

    private void role(Change change) {
        String name = String.valueOf(Role.TABLE.id(change.path()));
        Body body = change.body();
        Map<String, Role> next = new HashMap<>(current());
        if (body == null) {
            next.remove(name);
        } else {
            add(next, new Row(change.path(), body, change.version(), change.attributes()));
        }
        roles.set(Map.copyOf(next));
    }

    private Map<String, Role> current() {
        return java.util.Objects.requireNonNull(roles.get());
    }

    private boolean user(Change change) {
        String name = String.valueOf(StoredUser.TABLE.id(change.path()));
        Body body = change.body();
        Standing now = body == null ? new Standing(Set.of(), false, true) : standing(body);
        return !now.equals(standings.put(name, now));
    }

    private static Standing standing(Body body) {
        if (!(body.value() instanceof Map<?, ?> map)) {
            return new Standing(Set.of(), false, true);
        }
        return new Standing(StoredUser.roles(map.get("roles")), Boolean.TRUE.equals(map.get("administrator")), false);
    }

    @Override
    public Rights rights(User user, String client) {
        long asOf = epoch.get();
        Standing standing = new Standing(user.roles(), user.administrator(), false);
        if (user.stored()) {
            Standing known = standings.size() < MOST_STANDINGS
                    ? standings.putIfAbsent(user.name(), standing)
                    : standings.get(user.name());
            standing = known == null ? standing : known;
        }
        if (standing.gone()) {
            return CompiledRights.gone(asOf);
        }
        List<Role> his = new ArrayList<>();
        for (String name : standing.roles()) {
            Role role = current().get(name);
            if (role != null) {
                his.add(role);
            }
        }
        return CompiledRights.of(asOf, standing.administrator(), his, new CompiledRights.Names(user.name(), client));
    }

    @Override
    public boolean allows(User user, Verb verb, Table table, String path) {
        return rights(user, "").of(table).allows(verb, path);
    }

    @Override
    public long epoch() {
        return epoch.get();
    }

    @Override
    public AutoCloseable observe(Runnable changed) {
        watching.add(changed);
        return () -> watching.remove(changed);
    }
}
