// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.data.Table;
import dev.tarn.api.security.Access.Verb;
import dev.tarn.api.security.Rights;
import dev.tarn.api.security.TableRights;
import dev.tarn.api.security.TableRights.Grant;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/** The rights of one user, put together from his roles; each table's when it is first asked for. Safe on any thread. */
final class CompiledRights implements Rights {

    /** Tables in memory at most; more than any node has. */
    private static final int MOST_TABLES = 10_000;

    /** What clients are given to be answered at: whoever knows such an address may use it, and nobody can guess one. */
    private static final Pattern ANSWERS = Pattern.compile("\\$reply/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    private final long epoch;
    private final boolean known;
    private final boolean administrator;
    private final Collection<Role> roles;
    private final String user;
    private final Topics publish;
    private final Topics subscribe;
    private final Map<String, TableRights> tables = new ConcurrentHashMap<>();

    private CompiledRights(long epoch, boolean known, boolean administrator, Collection<Role> roles, Names names) {
        this.epoch = epoch;
        this.known = known;
        this.administrator = administrator;
        this.roles = roles;
        this.user = names.user();
        this.publish = Topics.of(all(roles, true), names.user(), names.client());
        this.subscribe = Topics.of(all(roles, false), names.user(), names.client());
    }

    /** What {@code %u} and {@code %c} stand for. */
    record Names(String user, String client) {}

    static CompiledRights of(long epoch, boolean administrator, Collection<Role> roles, Names names) {
        boolean all = administrator || roles.stream().anyMatch(Role::administrator);
        return new CompiledRights(epoch, true, all, roles, names);
    }

    /** Those of a user who is no more. */
    static CompiledRights gone(long epoch) {
        return new CompiledRights(epoch, false, false, List.of(), new Names("", ""));
    }

    private static List<String> all(Collection<Role> roles, boolean publish) {
        List<String> all = new ArrayList<>();
        roles.forEach(role -> all.addAll(publish ? role.publish() : role.subscribe()));
        return all;
    }

    @Override
    public long epoch() {
        return epoch;
    }

    @Override
    public boolean known() {
        return known;
    }

    @Override
    public boolean everything() {
        return administrator;
    }

    @Override
    public boolean operation(String name) {
        return administrator
                || roles.stream()
                        .anyMatch(role -> role.operations().contains(name)
                                || role.operations().contains("*"));
    }

    @Override
    public TableRights of(Table table) {
        if (table.database().equals(Table.SYSTEM)) {
            return Nothing.INSTANCE;
        }
        if (administrator) {
            return All.INSTANCE;
        }
        TableRights known = tables.get(table.qualifiedName());
        // A table that is deployed anew under its name may be another.
        if (known instanceof OfTable same && same.table.equals(table)) {
            return known;
        }
        if (tables.size() >= MOST_TABLES) {
            tables.clear();
        }
        TableRights made = new OfTable(table);
        tables.put(table.qualifiedName(), made);
        return made;
    }

    /** Of a table that is out of reach. */
    enum Nothing implements TableRights {
        INSTANCE;

        @Override
        public boolean allows(Verb verb, String path) {
            return false;
        }

        @Override
        public List<Grant> grants(Verb verb) {
            return List.of();
        }
    }

    /** Of an administrator. */
    enum All implements TableRights {
        INSTANCE;

        private static final List<Grant> ALL = List.of(Grant.ALL);

        @Override
        public boolean allows(Verb verb, String path) {
            return true;
        }

        @Override
        public List<Grant> grants(Verb verb) {
            return ALL;
        }

        @Override
        public boolean whole(Verb verb) {
            return true;
        }
    }

    /** What the roles say of one table. */
    private final class OfTable implements TableRights {
        private final Table table;
        private final Map<Verb, List<Grant>> grants = new EnumMap<>(Verb.class);
        private final Set<Verb> whole = EnumSet.noneOf(Verb.class);
        private final Topics publishing;
        private final Topics subscribing;

        OfTable(Table table) {
            this.table = table;
            this.publishing = publish.within(table);
            this.subscribing = subscribe.within(table);
            String encoded = URLEncoder.encode(user, StandardCharsets.UTF_8).replace("+", "%20");
            for (Role role : roles) {
                for (Role.OnTable one : role.tables()) {
                    if (one.covers(table)) {
                        one.grants().forEach((verb, grant) -> add(verb, grant, encoded));
                    }
                }
            }
            for (Verb verb : Verb.values()) {
                if (TableRights.super.whole(verb)) {
                    whole.add(verb);
                }
            }
        }

        private void add(Verb verb, Grant grant, String encoded) {
            boolean limited = grant.attributes() != null || !grant.rows().isEmpty();
            if (limited && table.rules().opaque()) {
                // Its rows are bytes, of which no condition and no attribute can be told.
                return;
            }
            grants.computeIfAbsent(verb, first -> new ArrayList<>())
                    .add(new Grant(grant.attributes(), grant.rows().replace("%u", encoded)));
        }

        @Override
        public boolean allows(Verb verb, String path) {
            return switch (verb) {
                case PUBLISH -> publishing.cover(path) || answers(path);
                case SUBSCRIBE -> subscribing.cover(path) || answers(path);
                case READ -> !grants(verb).isEmpty() || (table.root() && subscribing.cover(path));
                case INSERT, UPDATE, DELETE -> !grants(verb).isEmpty() || (table.root() && publishing.cover(path));
                case DESCRIBE -> !grants.isEmpty() || !publishing.isEmpty() || !subscribing.isEmpty();
            };
        }

        /** Whether messages may be exchanged there by who has any right at all. */
        private boolean answers(String path) {
            return table.root()
                    && !roles.isEmpty()
                    && path.startsWith("$reply/")
                    && ANSWERS.matcher(path).matches();
        }

        @Override
        public List<Grant> grants(Verb verb) {
            return grants.getOrDefault(verb, List.of());
        }

        @Override
        public boolean whole(Verb verb) {
            return whole.contains(verb);
        }
    }
}
