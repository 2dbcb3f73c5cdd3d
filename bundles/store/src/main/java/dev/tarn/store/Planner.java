// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.data.Attribute;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Expectation;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Origin;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.store.Condition;
import dev.tarn.api.store.Draft;
import dev.tarn.api.store.Edit;
import dev.tarn.api.store.Guard;
import dev.tarn.api.store.Write;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jetbrains.exodus.env.Transaction;
import org.jspecify.annotations.Nullable;

/**
 * Checks and encodes one write against the state of the transaction, touching nothing: a write that is refused here leaves
 * no trace. Later drafts see what earlier ones of the same write will have done. For one write on the committer thread.
 */
final class Planner {

    private final Catalog catalog;
    private final RowReader reader;
    private final Bodies bodies;
    private final Clock clock;
    private final Transaction transaction;
    private final ContentCollector collector;
    private final UniqueCheck unique;
    private final List<Plan> plans = new ArrayList<>(1);

    /** Rows that this write has planned to change; a null row is one that will be gone. */
    private final Map<Place, Planned> planned = new HashMap<>();

    /** Chunked values that are not in the transaction yet. */
    private final Map<Long, byte[]> chunked = new HashMap<>();

    /** Contents that this write brings, which are not in the transaction yet. */
    private final Set<Long> brought = new HashSet<>(0);

    private record Place(int table, ByteBuffer key) {}

    private record Planned(RowFormat.@Nullable StoredRow row) {}

    Planner(Core core, Clock clock, Transaction transaction) {
        this.catalog = core.catalog();
        this.reader = core.reader();
        this.bodies = core.bodies();
        this.clock = clock;
        this.transaction = transaction;
        this.collector = core.collector();
        this.unique = new UniqueCheck(reader, clock.now());
    }

    /**
     * Plans a write.
     *
     * @param prepared what was put together of each draft before, or nothing
     * @throws Failure when the write is refused
     */
    List<Plan> plan(Write write, List<Prepared> prepared) {
        for (Condition condition : write.conditions()) {
            OpenTable table = catalog.table(condition.table());
            byte[] key = table.key(condition.path());
            RowFormat.StoredRow row = key == null ? null : live(physical(table, key));
            check(condition.expectation(), row, condition.path(), Failure.Code.PRECONDITION);
        }
        boolean several = write.drafts().size() > 1;
        for (int i = 0; i < write.drafts().size(); i++) {
            Plan plan = plan(write.drafts().get(i), prepared.isEmpty() ? null : prepared.get(i));
            if (plan == null) {
                continue;
            }
            plans.add(plan);
            if (several && plan.changesRow()) {
                planned.put(
                        new Place(
                                plan.target().table().number(),
                                ByteBuffer.wrap(plan.target().key())),
                        new Planned(plan.row()));
                if (plan.payload().chunked() != 0) {
                    chunked.put(plan.payload().chunked(), plan.payload().content());
                }
            }
        }
        return plans;
    }

    private RowFormat.@Nullable StoredRow physical(OpenTable table, byte[] key) {
        if (!planned.isEmpty()) {
            Planned known = planned.get(new Place(table.number(), ByteBuffer.wrap(key)));
            if (known != null) {
                return known.row();
            }
        }
        return reader.stored(table, key, transaction);
    }

    private RowFormat.@Nullable StoredRow live(RowFormat.@Nullable StoredRow row) {
        return row == null || row.expired(clock.now()) ? null : row;
    }

    private static void check(
            Expectation expectation, RowFormat.@Nullable StoredRow row, Path path, Failure.Code absent) {
        long version = row == null ? 0 : row.version();
        if (expectation.holds(version)) {
            return;
        }
        if (expectation instanceof Expectation.Absent) {
            throw new Failure(absent, path + " exists already, at version " + version);
        }
        throw new Failure(
                Failure.Code.PRECONDITION,
                version == 0 ? "there is no row at " + path : path + " is at version " + version);
    }

    private @Nullable Plan plan(Draft draft, @Nullable Prepared before) {
        OpenTable table = catalog.table(draft.table());
        // Made for a table that has been defined anew since, it counts for nothing.
        Prepared prepared = before == null || !before.table().equals(table) ? null : before;
        Payload payload = prepared == null ? null : prepared.payload();
        if (draft.kind() == Kind.MESSAGE) {
            return message(draft, table, payload);
        }
        byte[] known = prepared == null ? null : prepared.key();
        byte[] key = known == null ? table.keyToWrite(draft.path()) : known;
        RowFormat.StoredRow old = physical(table, key);
        RowFormat.StoredRow live = live(old);
        boolean sweep = draft.kind() == Kind.EXPIRE;
        Guard guard = draft.guard();
        Row row = guard == null || live == null ? null : reader.row(draft.path(), live, this::chunks);
        if (guard != null) {
            guard.before(row);
        }
        check(draft.expectation(), sweep ? old : live, draft.path(), Failure.Code.CONFLICT);
        long previous = live != null ? live.version() : sweep && old != null ? old.version() : 0;
        if (draft.kind() == Kind.DELETE || sweep) {
            if (previous == 0) {
                return null;
            }
            Attributes attributes = stamped(draft.attributes(), 0);
            Payload none = reader.format().payload(attributes, null, false, clock);
            return plan(draft, table, key, old, new Content(null, none, attributes), previous);
        }
        Body body = body(draft, live);
        if (body == null) {
            return null;
        }
        if (guard != null) {
            body = guard.after(row, body);
        }
        long expiresAt = expiresAt(draft, body);
        long lifetime = table.table().rules().expiration().toMillis();
        if (expiresAt == 0 && lifetime > 0) {
            expiresAt = clock.now() + lifetime;
        }
        Attributes attributes = stamped(draft.attributes(), expiresAt);
        Content content = payload == null ? content(table, body, attributes) : new Content(body, payload, attributes);
        return plan(draft, table, key, old, content, previous);
    }

    /** When the row expires: as it says itself where an attribute is declared for that, else as its writer says. */
    private static long expiresAt(Draft draft, Body body) {
        for (Attribute attribute : draft.table().attributes()) {
            if (attribute.traits().stamped(Origin.Moment.EXPIRES)
                    && body.structured()
                    && body.value() instanceof Map<?, ?> row) {
                Object moment = row.get(attribute.name());
                return moment instanceof Instant date
                        ? date.toEpochMilli()
                        : moment instanceof Number number
                                ? number.longValue()
                                : draft.attributes().expiresAt();
            }
        }
        return draft.attributes().expiresAt();
    }

    private @Nullable Plan message(Draft draft, OpenTable table, @Nullable Payload payload) {
        if (!(draft.expectation() instanceof Expectation.Anything)) {
            byte[] key = table.key(draft.path());
            RowFormat.StoredRow row = key == null ? null : live(physical(table, key));
            check(draft.expectation(), row, draft.path(), Failure.Code.CONFLICT);
        }
        Attributes attributes = stamped(draft.attributes(), draft.attributes().expiresAt());
        Body body = body(draft, null);
        if (body == null) {
            return null;
        }
        Content content = payload == null ? content(table, body, attributes) : new Content(body, payload, attributes);
        return plan(draft, table, new byte[0], null, content, 0);
    }

    private record Content(@Nullable Body body, Payload payload, Attributes attributes) {}

    private Content content(OpenTable table, Body given, Attributes attributes) {
        if (!given.contents().isEmpty()) {
            return accompanied(given, attributes);
        }
        boolean opaque = table.table().rules().opaque();
        Body body = opaque && given.structured() ? bodies.opaque(given.mediaType(), given.bytes()) : given;
        return new Content(body, reader.format().payload(attributes, body, opaque, clock), attributes);
    }

    /** A body with contents beside it. */
    private Content accompanied(Body given, Attributes attributes) {
        List<KeptContent> kept = new ArrayList<>();
        given.contents().forEach((name, content) -> kept.add(kept(name, content)));
        Payload payload =
                reader.format().payload(attributes, given, false, clock).with(kept);
        return new Content(reader.beside(given.as(Bodies.CBOR), kept), payload, attributes);
    }

    private KeptContent kept(String name, dev.tarn.api.data.Content content) {
        long number = ContentShelf.number(content);
        byte[] bytes = null;
        if (number == 0) {
            try (dev.tarn.api.data.Content.Reader held = content.open()) {
                bytes = held.read(0, Math.toIntExact(content.length()));
            }
            number = collector.next();
            brought.add(number);
        } else if (!brought.contains(number) && !collector.attachable(transaction, number)) {
            throw new Failure(Failure.Code.CONFLICT, "the content is gone; send it again");
        }
        clock.passed(number - ContentShelf.FIRST);
        return new KeptContent(name, number, content.length(), content.mediaType(), bytes);
    }

    private Attributes stamped(Attributes attributes, long expiresAt) {
        return attributes.toBuilder()
                .timestamp(clock.now())
                .expiresAt(expiresAt)
                .build();
    }

    /** What is to be written; null where an edit leaves everything as it is. */
    private @Nullable Body body(Draft draft, RowFormat.@Nullable StoredRow live) {
        Edit edit = draft.edit();
        if (edit != null) {
            return edit.apply(live == null ? null : reader.row(draft.path(), live, this::chunks));
        }
        Body body = draft.body();
        if (body == null) {
            throw new Failure(Failure.Code.MALFORMED, draft.kind() + " of " + draft.path() + " has no body");
        }
        return body;
    }

    private Plan plan(
            Draft draft,
            OpenTable table,
            byte[] key,
            RowFormat.@Nullable StoredRow old,
            Content content,
            long previous) {
        long version = clock.version();
        Attributes attributes = content.attributes();
        LogFormat.Stamp stamp = new LogFormat.Stamp(clock.now(), version, previous, attributes.expiresAt());
        boolean changes = draft.kind() != Kind.MESSAGE;
        RowFormat.StoredRow row = changes && content.body() != null
                ? RowFormat.write(key, version, clock.now(), attributes.expiresAt(), content.payload())
                : null;
        List<List<byte[]>> removed = List.of();
        List<List<byte[]>> added = List.of();
        if (changes && !table.indexes().isEmpty()) {
            removed = new ArrayList<>(table.indexes().size());
            added = new ArrayList<>(table.indexes().size());
            differences(table, key, old, row, content.payload(), removed, added);
            if (table.unique()) {
                unique.check(table, key, added, transaction);
            }
        }
        Plan.Target target = new Plan.Target(draft.kind(), table, draft.path(), key, removed, added);
        return new Plan(target, old, row, content.payload(), stamp, content.body(), attributes);
    }

    private void differences(
            OpenTable table,
            byte[] key,
            RowFormat.@Nullable StoredRow old,
            RowFormat.@Nullable StoredRow next,
            Payload payload,
            List<List<byte[]>> removed,
            List<List<byte[]>> added) {
        PayloadFormat.Chunks own = (number, length) -> payload.content();
        for (Index index : table.indexes()) {
            List<byte[]> before =
                    old == null ? List.of() : index.keys(reader.item(old, index.attribute(), this::chunks), key);
            List<byte[]> after = next == null ? List.of() : index.keys(reader.item(next, index.attribute(), own), key);
            removed.add(without(before, after));
            added.add(without(after, before));
        }
    }

    private static List<byte[]> without(List<byte[]> all, List<byte[]> others) {
        if (all.isEmpty() || others.isEmpty()) {
            return all;
        }
        List<byte[]> rest = new ArrayList<>();
        for (byte[] each : all) {
            if (!Index.contains(others, each)) {
                rest.add(each);
            }
        }
        return rest;
    }

    private byte[] chunks(long number, int length) {
        byte[] mine = chunked.get(number);
        return mine == null ? reader.chunks(transaction).read(number, length) : mine;
    }

    /** Whether none of the write's tables promises durability before the acknowledgement. */
    static boolean early(Write write) {
        for (Draft draft : write.drafts()) {
            if (draft.table().rules().keeping() != Table.Keeping.ASYNC) {
                return false;
            }
        }
        return true;
    }
}
