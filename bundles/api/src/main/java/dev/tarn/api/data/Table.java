// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.data;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is declared about a table. Immutable; the store keeps its rows under {@link #qualifiedName()}.
 *
 * @param database a name space of tables; {@code data} unless said otherwise, {@code system} for the server's own
 * @param export the first segment of its paths; {@code ""} makes it the root table, whose ids are whole paths; null keeps
 *     it from being reached from outside
 * @param attributes the declared ones; a table without any takes every property
 */
public record Table(String database, String name, @Nullable String export, List<Attribute> attributes, Rules rules) {

    /** The database of tables that say none. */
    public static final String DATA = "data";

    /** The server's own database. */
    public static final String SYSTEM = "system";

    /** What is promised about the changes of a table. */
    public enum Keeping {
        /** Durable when acknowledged, in the log, delivered to subscribers. */
        LOGGED,
        /** As LOGGED, but acknowledged when committed, before it is durable. */
        ASYNC,
        /**
         * Durable when acknowledged, and nobody else's business: neither in the log nor told to observers. For what the
         * server keeps about itself, such as the state of a session.
         */
        STATE
    }

    /**
     * How long rows are there. A row past its expiration is read by nobody, whether it is removed already or not; where the
     * table has a {@link dev.tarn.api.resource.Source}, it is what that one gives out while it fetches.
     *
     * @param expiration how long a row lives after its last write; zero for ever
     * @param eviction how much longer it is kept before it is removed, which is when subscribers are told
     * @param scanInterval how often rows are looked for that are to be removed, at times that are whole multiples of it
     *     since midnight, local time; zero for as soon as they may go
     */
    public record Lifetime(Duration expiration, Duration eviction, Duration scanInterval) {
        /** For ever. */
        public static final Lifetime ENDLESS = of(Duration.ZERO);

        /** So long, and then removed at once. */
        public static Lifetime of(Duration expiration) {
            return new Lifetime(expiration, Duration.ZERO, Duration.ZERO);
        }
    }

    /**
     * How a table behaves.
     *
     * @param opaque bodies are kept as the bytes they came as, with their media type; nothing is parsed
     * @param sealed properties that are not declared are refused
     * @param coerce what is clearly meant is converted to the declared type
     * @param keeping what is promised about its changes
     * @param history how long the log keeps messages and changes of this table for replay by path; zero for not at all
     * @param lifetime how long a row lives after its last write, and when it is removed
     * @param payload the attribute that takes an opaque body, or null for {@code data} beside {@code contentType}
     * @param withheld protocols that do not reach the table, by name
     * @param audited whether who changed what is written down in {@code system.audit}
     */
    public record Rules(
            boolean opaque,
            boolean sealed,
            boolean coerce,
            Keeping keeping,
            Duration history,
            Lifetime lifetime,
            @Nullable String payload,
            Set<String> withheld,
            boolean audited) {

        /** A declared table that says nothing special. */
        public static final Rules DECLARED =
                new Rules(false, false, true, Keeping.LOGGED, Duration.ZERO, Duration.ZERO, null);

        /** The server's own state: structured, declared, not logged. */
        public static final Rules STATE =
                new Rules(false, false, false, Keeping.STATE, Duration.ZERO, Duration.ZERO, null);

        /** The catch-all: bytes as they came. */
        public static final Rules OPAQUE =
                new Rules(true, false, false, Keeping.LOGGED, Duration.ZERO, Duration.ZERO, null);

        public Rules {
            withheld = Set.copyOf(withheld);
        }

        /** Of a table whose changes nobody has to answer for. */
        public Rules(
                boolean opaque,
                boolean sealed,
                boolean coerce,
                Keeping keeping,
                Duration history,
                Lifetime lifetime,
                @Nullable String payload,
                Set<String> withheld) {
            this(opaque, sealed, coerce, keeping, history, lifetime, payload, withheld, false);
        }

        /** The same, with this said about the trail. */
        public Rules audited(boolean written) {
            return new Rules(opaque, sealed, coerce, keeping, history, lifetime, payload, withheld, written);
        }

        /** Of a table that every protocol reaches. */
        public Rules(
                boolean opaque,
                boolean sealed,
                boolean coerce,
                Keeping keeping,
                Duration history,
                Duration expiration,
                @Nullable String payload) {
            this(opaque, sealed, coerce, keeping, history, Lifetime.of(expiration), payload, Set.of());
        }

        /** How long a row lives after its last write; zero for ever. */
        public Duration expiration() {
            return lifetime.expiration();
        }
    }

    public Table {
        attributes = List.copyOf(attributes);
    }

    /** {@code database.name}: unique on a node. */
    public String qualifiedName() {
        return database + "." + name;
    }

    /** Whether ids of this table are whole paths. */
    public boolean root() {
        return export != null && export.isEmpty();
    }

    public Optional<Attribute> attribute(String attribute) {
        for (Attribute declared : attributes) {
            if (declared.name().equals(attribute)) {
                return Optional.of(declared);
            }
        }
        return Optional.empty();
    }

    /**
     * The attribute that holds the id; absent for a table that keeps opaque bodies, and where several together are the
     * id.
     */
    public Optional<Attribute> primaryKey() {
        return Optional.ofNullable(soleKey());
    }

    /** The attributes that together are the id, as the id has them, with slashes between them. */
    public List<Attribute> primaryKeys() {
        return attributes.stream().filter(Attribute::primaryKey).toList();
    }

    /** Whether several attributes together are the id. */
    public boolean composite() {
        return primaryKeys().size() > 1;
    }

    /** Whether ids are whole numbers rather than text. */
    public boolean numericIds() {
        Attribute key = soleKey();
        return key != null && (key.type() == Attribute.Type.INT || key.type() == Attribute.Type.LONG);
    }

    /** Asked for each write, so it makes no lists. */
    private @Nullable Attribute soleKey() {
        Attribute sole = null;
        for (Attribute attribute : attributes) {
            if (attribute.primaryKey()) {
                if (sole != null) {
                    return null;
                }
                sole = attribute;
            }
        }
        return sole;
    }

    /** Whether an id is a whole number where it can be read as one, and text where it cannot: the key is of type ANY. */
    public boolean mixedIds() {
        Attribute key = soleKey();
        return key != null && key.type() == Attribute.Type.ANY;
    }

    /** Whether rows that come without an id are counted, rather than given a UUID. */
    public boolean countedIds() {
        return numericIds() || mixedIds();
    }

    /** What an id says, as the primary key has it: a Long, or text. Text, too, where no row of the table can have it. */
    public Object key(String id) {
        if (!countedIds() || !Decimal.isWhole(id)) {
            return id;
        }
        return Long.valueOf(id);
    }

    /** The id in a canonical path of this table; null when the path names the table itself. May be empty. */
    public @Nullable String id(Path path) {
        return root() ? path.text() : path.rest();
    }

    /**
     * The canonical path of the row with this id.
     *
     * @throws Failure MALFORMED when the id cannot be part of a path
     */
    public Path path(String id) {
        return Path.of(root() ? id : (export == null ? name : export) + "/" + id);
    }

    /** The order of this table's rows in the store: by number, then by code points of the id. */
    public Comparator<Path> order() {
        return countedIds() ? this::compare : Comparator.naturalOrder();
    }

    private int compare(Path a, Path b) {
        if (key(String.valueOf(id(a))) instanceof Long x) {
            return key(String.valueOf(id(b))) instanceof Long y ? Long.compare(x, y) : -1;
        }
        return key(String.valueOf(id(b))) instanceof Long ? 1 : a.compareTo(b);
    }
}
