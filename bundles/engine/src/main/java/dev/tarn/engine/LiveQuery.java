// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Crossing;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Subscription;
import dev.tarn.engine.query.Live;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The live query of one subscription, and which rows its subscriber has. It sees what the subscription's filter covers at
 * the very moment of handing it over, so nothing that mailboxes promise about order, gaps and repeats changes. Confined to
 * the mailbox's loop, but for {@link #matches}.
 */
final class LiveQuery {
    /** The most rows that it keeps in mind. */
    static final int MOST = 100_000;

    private final Live live;
    private final UnaryOperator<Body> reader;
    /** Rows that matched when they were last seen, and, as long as not all are known, those that did not. */
    private final Map<Path, Boolean> known = new HashMap<>();

    private int matching;
    /** Whether a row that is not known did not match. */
    private boolean complete;

    /** @param reader understands what is said at the table, as far as it can be */
    LiveQuery(Live live, UnaryOperator<Body> reader) {
        this.live = live;
        this.reader = reader;
    }

    /**
     * The live query that is asked for; null for none.
     *
     * @throws Failure MALFORMED when it cannot be read, NOT_FOUND when there is no such database, FORBIDDEN when the user
     *     may not read all rows as they are
     */
    static @Nullable LiveQuery of(Commons commons, Visibility visibility, Filter filter, Interest interest) {
        Exports exports = commons.routing().exports();
        List<Exported> tables = exports.covered(exports.canonical(filter));
        String database = interest.database();
        if (database != null
                && tables.stream().noneMatch(each -> each.table().database().equals(database))) {
            throw new Failure(Failure.Code.NOT_FOUND, "there is no database \"" + Schema.shown(database) + "\"");
        }
        String text = interest.query();
        if (text == null) {
            return null;
        }
        if (tables.size() != 1) {
            throw new Failure(Failure.Code.MALFORMED, "a live query is about one table, and " + filter + " is not");
        }
        if (!visibility.rowsWholly(filter)) {
            // That a row comes or goes would tell of what is hidden.
            throw visibility.forbidden(filter);
        }
        Exported exported = tables.get(0);
        boolean opaque = exported.table().rules().opaque();
        return new LiveQuery(
                Live.parse(Reads.subject(commons, exported), text),
                opaque ? body -> body : exported.schema()::understood);
    }

    /** @param current whether all rows that match come first; else the subscriber may have any */
    void begin(boolean current) {
        known.clear();
        matching = 0;
        complete = current;
    }

    /** Whether a row matches. Any thread. */
    boolean matches(Row row) {
        return live.matches(row);
    }

    /**
     * What the subscription is told of a delivery; null for nothing.
     *
     * @throws Failure FULL when more rows match than can be kept in mind
     */
    @Nullable
    Delivery turn(Delivery delivery, Subscription subscription) {
        Change change = delivery.change();
        Body body = change.body();
        boolean row = change.kind() != Kind.MESSAGE;
        boolean matches = body != null && live.matches(row(change, row ? body : reader.apply(body)));
        if (!row) {
            return matches ? told(delivery, subscription, Crossing.NONE) : null;
        }
        if (delivery.current()) {
            keep(change.path(), true);
            return told(delivery, subscription, Crossing.NONE);
        }
        Boolean before = known.get(change.path());
        // A row that is new to everybody was not among the subscriber's.
        boolean out = before == null ? complete || change.previous() == 0 : !before;
        boolean in = before != null && before;
        if (body == null) {
            forget(change.path());
            return out ? null : told(delivery, subscription, Crossing.NONE);
        }
        keep(change.path(), matches);
        if (matches) {
            return told(delivery, subscription, in ? Crossing.NONE : Crossing.ENTER);
        }
        return out ? null : told(delivery, subscription, Crossing.LEAVE);
    }

    private void keep(Path path, boolean matches) {
        forget(path);
        if (matches && ++matching > MOST) {
            throw new Failure(
                    Failure.Code.FULL,
                    "more than " + MOST + " rows match the live query; narrow it, or watch the table");
        }
        if (matches || !complete) {
            if (!matches && known.size() - matching >= MOST) {
                known.values().removeIf(each -> !each);
            }
            known.put(path, matches);
        }
    }

    private void forget(Path path) {
        Boolean was = known.remove(path);
        matching -= was != null && was ? 1 : 0;
    }

    private static Row row(Change change, Body body) {
        return new Row(change.path(), body, change.version(), change.attributes());
    }

    private Delivery told(Delivery delivery, Subscription subscription, Crossing crossing) {
        Change change = delivery.change();
        Body body = change.body();
        Body wanted = body == null || change.kind() == Kind.MESSAGE ? body : live.of(row(change, body));
        Change told = wanted == body
                ? change
                : new Change(
                        change.sequence(),
                        change.kind(),
                        change.table(),
                        change.path(),
                        wanted,
                        change.version(),
                        change.previous(),
                        change.attributes());
        return new Delivery(told, List.of(subscription), delivery.current(), delivery.resume(), crossing);
    }
}
