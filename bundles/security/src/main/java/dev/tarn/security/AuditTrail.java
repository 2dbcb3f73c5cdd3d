// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.security.Audit;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Edit;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Store;
import dev.tarn.api.store.Write;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The table {@code system.audit}: rows are added and, when their time is over or there are too many, go; nothing changes them. Ids are in the
 * order of time. Safe on any thread; {@link #latest} blocks.
 */
@Component(
        service = {Audit.class, AuditTrail.class},
        configurationPid = "dev.tarn.security.audit")
@Designate(ocd = AuditTrail.Config.class)
public final class AuditTrail implements Audit {

    private static final Logger LOG = LoggerFactory.getLogger(AuditTrail.class);

    /** Events that are being written at once; further ones are counted. */
    private static final int UNDERWAY = 4_096;

    private static final int LONGEST = 1_024;

    /** Bytes of a row that are written down; of a larger one the digest. */
    private static final int LARGEST = 64 << 10;

    /** Settings. */
    @ObjectClassDefinition(name = "Audit trail")
    public @interface Config {
        @AttributeDefinition(description = "Days that an entry of the audit trail is kept; 1 to 3,650")
        int days() default 90;

        @AttributeDefinition(
                description =
                        "About how many MB the audit trail may take up; the oldest entries make room. 1 to 1,000,000")
        int size() default 256;

        @AttributeDefinition(
                description =
                        "Tables whose changes are written down, too, such as data.Orders; data.* or * for several")
        String[] tables() default {};
    }

    /** What is kept. */
    record Kept(int days, long bytes, Set<String> tables) {
        Kept {
            if (days < 1 || days > 3_650) {
                throw new IllegalArgumentException("security.audit.days must be between 1 and 3650, not " + days);
            }
            if (bytes < 1) {
                throw new IllegalArgumentException("security.audit.size must be between 1 and 1000000");
            }
            for (String table : tables) {
                if (!table.matches("\\*|[^.*]+|[^.*]+\\.(\\*|[^.*]+)")) {
                    throw new IllegalArgumentException(
                            "security.audit.tables: '" + table + "' is no table such as data.Orders, data.* or *");
                }
            }
            tables = Set.copyOf(tables);
        }

        boolean follows(String table) {
            int dot = table.indexOf('.');
            String database = table.substring(0, dot);
            return !database.equals(Table.SYSTEM)
                    && (tables.contains(table)
                            || tables.contains("*")
                            || tables.contains(database + ".*")
                            || (database.equals(Table.DATA) && tables.contains(table.substring(dot + 1))));
        }
    }

    private final Kept kept;
    private final Table table;
    private final AuditTrimmer trimmer;
    private final Store store;
    private final Bodies bodies;
    private final InstantSource clock;
    private final AtomicLong number = new AtomicLong();
    private final AtomicInteger underway = new AtomicInteger();
    private final AtomicLong dropped = new AtomicLong();
    private final Refusals refusals;

    /** Bytes of rows since the size was last looked at. */
    private final AtomicLong grown = new AtomicLong();

    @Activate
    public AuditTrail(@Reference Store store, @Reference Bodies bodies, Config config) {
        this(store, bodies, kept(config), InstantSource.system());
    }

    private static Kept kept(Config config) {
        if (config.size() < 1 || config.size() > 1_000_000) {
            throw new IllegalArgumentException("security.audit.size must be between 1 and 1000000");
        }
        return new Kept(config.days(), config.size() * 1_000_000L, Set.of(config.tables()));
    }

    AuditTrail(Store store, Bodies bodies, Kept kept, InstantSource clock) {
        this.kept = kept;
        this.store = store;
        this.bodies = bodies;
        this.clock = clock;
        this.refusals = new Refusals(clock);
        this.table = new Table(
                Table.SYSTEM,
                "audit",
                null,
                List.of(Attribute.primaryKey("id", Attribute.Type.ID)),
                new Table.Rules(
                        false, false, false, Table.Keeping.LOGGED, Duration.ZERO, Duration.ofDays(kept.days()), null));
        store.define(table);
        this.trimmer = new AuditTrimmer(store, table, kept.bytes());
        trimmer.wake();
    }

    /** Writes nothing more away. */
    @Deactivate
    public void close() {
        trimmer.close();
    }

    @Override
    public boolean follows(String about) {
        return kept.follows(about);
    }

    @Override
    public void record(Event event) {
        boolean taken = event.allowed() || refusals.take(event.who(), event.from());
        long more = refusals.missed();
        if (more > 0) {
            record("refused", more + " more refusals than are written down in a minute");
        }
        if (taken) {
            queue(event);
        }
    }

    /** Something about the trail itself. */
    private void record(String what, String detail) {
        queue(new Event(what, "", "", null, false, detail));
    }

    private void queue(Event event) {
        if (underway.incrementAndGet() > UNDERWAY) {
            underway.decrementAndGet();
            dropped.incrementAndGet();
            return;
        }
        long missed = dropped.getAndSet(0);
        if (missed > 0) {
            record("dropped", missed + " entries came faster than they could be written");
        }
        write(event);
    }

    private void write(Event event) {
        enter(event).whenComplete((done, failure) -> {
            underway.decrementAndGet();
            if (failure != null) {
                LOG.warn(
                        "audit=not-written what={} allowed={} reason=\"{}\"",
                        event.what(),
                        event.allowed(),
                        failure.getMessage());
            }
        });
    }

    @Override
    public CompletionStage<Void> enter(Event event) {
        try {
            return store.commit(Write.of(entry(() -> event))).thenApply(commit -> null);
        } catch (RuntimeException closed) {
            return CompletableFuture.failedStage(closed);
        }
    }

    @Override
    public Draft entry(Supplier<@Nullable Event> told) {
        Instant when = clock.instant();
        long count = number.incrementAndGet();
        String id = String.format(Locale.ROOT, "%015d-%06d", when.toEpochMilli(), count % 1_000_000);
        if (count % AuditTrimmer.PORTION == 0) {
            trimmer.wake();
        }
        Edit edit = row -> {
            Event event = told.get();
            return event == null ? null : bodies.of(row(id, when, event));
        };
        return new Draft(Kind.PUT, table, table.path(id), null, edit, Attributes.NONE, Expectation.ANYTHING);
    }

    private Map<String, Object> row(String id, Instant when, Event event) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("id", id);
        row.put("when", when);
        row.put("what", event.what());
        row.put("who", cut(event.who()));
        row.put("allowed", event.allowed());
        row.put("protocol", event.protocol());
        row.put("from", address(event.from()));
        row.put("detail", cut(event.detail()));
        long bytes = 0;
        Audit.Changed changed = event.row();
        if (changed != null) {
            bytes = content(row, "before", changed.before()) + content(row, "after", changed.after());
        }
        // Soon enough, be it that there are many entries or, as here, large ones.
        if (grown.addAndGet(bytes) > kept.bytes() / 8) {
            grown.set(0);
            trimmer.wake();
        }
        return row;
    }

    /** What a row was or has become; of bytes and of what is too large, what can be said of it. Returns its bytes. */
    private long content(Map<String, Object> row, String name, @Nullable Body body) {
        if (body == null) {
            return 0;
        }
        int size = body.structured() ? body.as(Bodies.CBOR).bytes().length : 0;
        Object value = body.structured() && size <= LARGEST ? body.value() : null;
        if (value != null) {
            row.put(name, value);
            return size;
        }
        byte[] json = body.structured() ? body.as(Bodies.JSON).bytes() : body.bytes();
        if (!body.structured() && json.length <= LARGEST && body.mediaType().startsWith("text/")) {
            row.put(name, new String(json, StandardCharsets.UTF_8));
            return json.length;
        }
        Map<String, Object> about = new LinkedHashMap<>();
        about.put("contentType", body.mediaType());
        about.put("bytes", (long) json.length);
        about.put("sha256", HexFormat.of().formatHex(Secrets.digest("SHA-256", json)));
        row.put(name, about);
        return 0;
    }

    private static String cut(String text) {
        return text.length() > LONGEST ? text.substring(0, LONGEST) : text;
    }

    private static String address(@Nullable SocketAddress from) {
        return from instanceof InetSocketAddress internet && internet.getAddress() != null
                ? internet.getAddress().getHostAddress()
                : "";
    }

    /** The newest entries, the newest first. */
    List<Map<?, ?>> latest(int most) {
        List<Map<?, ?>> entries = new ArrayList<>();
        try (Snapshot snapshot = store.snapshot();
                Snapshot.Rows rows = snapshot.rows(table, new Snapshot.Range("", null, true))) {
            for (Row row = rows.next(); row != null && entries.size() < most; row = rows.next()) {
                if (row.body().value() instanceof Map<?, ?> map) {
                    entries.add(map);
                }
            }
        }
        return entries;
    }
}
