// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscriber;
import dev.tarn.api.resource.Subscription;
import dev.tarn.api.security.Access;
import dev.tarn.api.security.Rights;
import dev.tarn.engine.query.Live;
import dev.tarn.engine.query.Sight;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The mailbox of one subscriber, touched on its loop only, but for what says otherwise. Changes come from the loop's
 * queue, or from the log while its {@link LogReader} is active; current rows from its {@link RowReader}; all of them leave
 * through one {@link Outbox} in one order.
 */
final class QueuedMailbox implements Mailbox {

    private static final Logger LOG = LoggerFactory.getLogger(QueuedMailbox.class);

    /** The fewest rows or changes worth a trip to a worker. */
    private static final int LEAST_READ = 64;

    private final Commons commons;
    private final LoopQueue queue;
    private final CallContext context;
    private final Subscriber subscriber;
    private final Runnable gone;
    private final Outbox outbox;
    private final LiveQueries live;
    private final Set<FilterSubscription> subscriptions = new LinkedHashSet<>();
    private final LogReader log;
    private final RowReader rows;

    private boolean reading;
    private boolean closed;
    private boolean touched;
    private boolean flushing;
    private long credit;
    private @Nullable Failure ending;

    /** What the user could do when the subscriptions were last looked at. Written on the loop. */
    private volatile Rights rights;

    /** Whether there is room for more right now. Written on the loop when it changes, read by publishers of groups. */
    private volatile boolean ready;

    /** Calls gone once it is closed. */
    QueuedMailbox(Commons commons, LoopQueue queue, CallContext context, Subscriber subscriber, Runnable gone) {
        this.commons = commons;
        this.queue = queue;
        this.context = context;
        this.subscriber = subscriber;
        this.gone = gone;
        this.rights = commons.permissions().rights(context);
        this.outbox = new Outbox(commons.settings());
        this.live = new LiveQueries(outbox);
        this.log = new LogReader(commons, queue, this, subscriptions);
        this.rows = new RowReader(commons, queue, this);
    }

    /** The queue of its loop. Any thread. */
    LoopQueue queue() {
        return queue;
    }

    /** Whether its user may see some tables, rows or attributes only. Any thread. */
    boolean restricted() {
        return !commons.permissions().rights(context).everything();
    }

    /** Whether it goes by rights that are no longer so. Any thread. */
    boolean outdated() {
        return commons.permissions().rights(context) != rights;
    }

    /** Whether it would hand over a change at once. A hint, on any thread. */
    boolean ready() {
        return ready;
    }

    boolean closed() {
        return closed;
    }

    /** How much waits in memory for the subscriber. */
    int waiting() {
        return outbox.size();
    }

    // What the subscriber asks for.

    @Override
    public Subscription subscribe(Filter filter, Start start, Interest interest, @Nullable Object tag) {
        if (closed) {
            throw new Failure(Failure.Code.UNAVAILABLE, "the mailbox is closed");
        }
        if (subscriptions.size() >= commons.settings().subscriptions()) {
            throw new Failure(
                    Failure.Code.FULL, "no more than " + commons.settings().subscriptions() + " subscriptions");
        }
        Set<String> allowed = allowed(filter);
        if (allowed != null && allowed.isEmpty()) {
            throw commons.permissions().forbidden(context, Access.Verb.SUBSCRIBE, filter.text());
        }
        LiveQuery query = query(filter, interest);
        if (query != null) {
            live.joined();
        }
        String name = interest.group();
        if (name != null && allowed != null && !wholly(filter)) {
            // What a member of a group must not see would have to be given back for ever.
            throw commons.permissions().forbidden(context, Access.Verb.SUBSCRIBE, filter.text());
        }
        SharedGroup group = name == null ? null : commons.routing().groups().join(name, filter.text());
        FilterSubscription subscription = new FilterSubscription(this, filter, group, interest, query, tag);
        subscription.allowed(allowed);
        long durable = commons.horizon().durable();
        commons.routing().add(subscription);
        log.joined(subscription, durable);
        if (subscriptions.isEmpty()) {
            queue.join(this);
        }
        subscriptions.add(subscription);
        begin(subscription, start);
        return subscription;
    }

    /**
     * The live query that is asked for.
     *
     * @throws Failure MALFORMED when it cannot be read, NOT_FOUND when there is no such database
     */
    private @Nullable LiveQuery query(Filter filter, Interest interest) {
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
        Exported exported = tables.get(0);
        if (!readsWhole(filter)) {
            // That a row comes or goes would tell of what is hidden.
            throw commons.permissions().forbidden(context, Access.Verb.SUBSCRIBE, filter.text());
        }
        boolean opaque = exported.table().rules().opaque();
        return new LiveQuery(
                Live.parse(Reads.subject(commons, exported), text),
                opaque ? body -> body : exported.schema()::understood);
    }

    /** Tables that the filter covers and the user may subscribe to; null for an administrator, who may see all. */
    private @Nullable Set<String> allowed(Filter filter) {
        Exports exports = commons.routing().exports();
        Filter canonical = exports.canonical(filter);
        if (!restricted() && !Permissions.withheld(context, exports.covered(canonical))) {
            return null;
        }
        Set<String> allowed = new HashSet<>();
        for (Exported exported : exports.covered(canonical)) {
            if (may(Access.Verb.SUBSCRIBE, exported, canonical) || may(Access.Verb.READ, exported, canonical)) {
                allowed.add(exported.name());
            }
        }
        return Set.copyOf(allowed);
    }

    private boolean may(Access.Verb verb, Exported exported, Filter canonical) {
        return commons.permissions().allows(context, verb, exported.table(), canonical.text());
    }

    /** Whether all that the filter covers may be seen as it is. */
    private boolean wholly(Filter filter) {
        Exports exports = commons.routing().exports();
        Filter canonical = exports.canonical(filter);
        for (Exported exported : exports.covered(canonical)) {
            boolean rows = exported.table().root() || may(Access.Verb.READ, exported, canonical);
            if (!rows
                    || !may(Access.Verb.SUBSCRIBE, exported, canonical)
                    || !commons.permissions()
                            .sight(context, Access.Verb.READ, exported.table())
                            .whole()) {
                return false;
            }
        }
        return true;
    }

    /** Whether all rows that the filter covers may be read as they are. */
    private boolean readsWhole(Filter filter) {
        Exports exports = commons.routing().exports();
        Filter canonical = exports.canonical(filter);
        for (Exported exported : exports.covered(canonical)) {
            if (!may(Access.Verb.READ, exported, canonical)
                    || !commons.permissions()
                            .sight(context, Access.Verb.READ, exported.table())
                            .whole()) {
                return false;
            }
        }
        return true;
    }

    /** Other tables were deployed, or other rights are in force, so the same filter may cover others. */
    void reconsider(FilterSubscription subscription) {
        if (closed || subscription.cancelled()) {
            return;
        }
        Rights now = commons.permissions().rights(context);
        if (now != rights) {
            rights = now;
            outbox.sift(this::seen);
        }
        try {
            Set<String> allowed = allowed(subscription.filter());
            subscription.allowed(allowed);
            boolean lost = allowed != null
                    && ((subscription.group() != null && !wholly(subscription.filter()))
                            || (subscription.query() != null && !readsWhole(subscription.filter())));
            if (lost || !now.known()) {
                end(commons.permissions()
                        .forbidden(
                                context,
                                Access.Verb.SUBSCRIBE,
                                subscription.filter().text()));
            }
        } catch (Failure unmapped) {
            subscription.allowed(Set.of());
        }
    }

    /** The change as its user may see it now; null when he may not. */
    private @Nullable Change seen(Change change) {
        if (!restricted()) {
            return change;
        }
        Exported exported = commons.routing().exports().resolve(change.path().first());
        if (exported == null || !exported.name().equals(change.table())) {
            return null;
        }
        String path = change.path().text();
        boolean message = change.kind() == Kind.MESSAGE;
        Access.Verb verb = message ? Access.Verb.SUBSCRIBE : Access.Verb.READ;
        if (!commons.permissions().allows(context, verb, exported.table(), path)) {
            return null;
        }
        Sight sight = message ? Sight.ALL : commons.permissions().sight(context, verb, exported.table());
        Body body = change.body();
        if (sight.whole() || message) {
            return change;
        } else if (body == null) {
            // Whether the row that went was in sight is not known any more, unless all rows are.
            return sight.everyRow() ? change : null;
        }
        Row row = new Row(change.path(), body, change.version(), change.attributes());
        Row seen = sight.see(row);
        if (seen == null) {
            return null;
        } else if (seen.body() == body) {
            return change;
        }
        return new Change(
                change.sequence(),
                change.kind(),
                change.table(),
                change.path(),
                seen.body(),
                change.version(),
                change.previous(),
                change.attributes());
    }

    private void begin(FilterSubscription subscription, Start start) {
        LiveQuery query = subscription.query();
        if (query != null) {
            boolean current = start.from() == Start.From.CURRENT;
            // What waits is of before.
            mark(subscription, () -> query.begin(current));
        }
        if (subscription.group() != null || start.from() == Start.From.LIVE) {
            return;
        }
        if (start.from() == Start.From.CURRENT) {
            rows.begin(subscription);
        } else {
            rows.abandon();
            log.begin(subscription, start);
        }
    }

    /** A subscription was renewed; see {@link Subscription#renew}. */
    void renewed(FilterSubscription subscription, Start start) {
        if (!closed && !subscription.cancelled() && start.from() == Start.From.CURRENT) {
            begin(subscription, start);
        }
    }

    /** Ends one subscription. */
    void cancel(FilterSubscription subscription) {
        if (subscriptions.remove(subscription)) {
            rows.drop(subscription);
            subscription.cancelled(true);
            if (subscription.query() != null) {
                live.left(subscription);
            }
            commons.routing().remove(subscription);
            SharedGroup group = subscription.group();
            if (group != null) {
                leave(subscription, group);
            }
            outbox.cancelled();
            if (subscriptions.isEmpty()) {
                queue.leave(this);
            }
        }
    }

    /** What a member of a group was given and has not been handed goes to the others. */
    private void leave(FilterSubscription subscription, SharedGroup group) {
        commons.routing().groups().leave(group);
        for (Change change : outbox.waitingFor(subscription)) {
            handOn(change, subscription, group);
        }
        long[] assigned = subscription.assigned();
        if (assigned.length > 0) {
            handOnLogged(assigned, subscription);
        }
    }

    private void handOnLogged(long[] sequences, FilterSubscription from) {
        commons.workers().read(() -> {
            for (Change change : CatchUp.changes(commons, sequences)) {
                giveBack(change, from);
            }
        });
    }

    /** Gives a change to another member of a group, if there is one. Any thread. */
    private void handOn(Change change, FilterSubscription from, SharedGroup group) {
        Route route = commons.routing().route(change.path(), change.table());
        Route.Sharing sharing = route == null ? null : route.sharing(group);
        Route.Target other = sharing == null ? null : sharing.nextBut(from);
        if (other != null) {
            other.mailbox().queue().offerShared(change, other);
        }
    }

    /** The subscriber gives back what was delivered to it as the member of a group. */
    void giveBack(Change change, FilterSubscription subscription) {
        SharedGroup group = subscription.group();
        if (group != null) {
            handOn(change, subscription, group);
        }
    }

    @Override
    public void request(long changes) {
        if (changes < 0) {
            throw new IllegalArgumentException("credit of " + changes);
        }
        long sum = credit + changes;
        credit = sum < 0 ? Long.MAX_VALUE : sum;
        if (!outbox.isEmpty() || !live.isEmpty() || log.active() || !rows.isEmpty()) {
            touch();
        } else if (!ready && credit > 0) {
            ready = true;
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            ready = false;
            for (FilterSubscription subscription : List.copyOf(subscriptions)) {
                cancel(subscription);
            }
            outbox.clear();
            gone.run();
        }
    }

    /** Closes it from the server's side; the subscriber is told. */
    void end(Failure why) {
        if (!closed && ending == null) {
            ending = why;
            touch();
        }
    }

    // What the loop's queue brings.

    /**
     * Takes a change that was routed here.
     *
     * @param after for an unlogged message, the last sequence that was durable when it was published: all that its
     *     publisher wrote before is at or below, all that he writes later is above
     */
    void take(Change change, List<FilterSubscription> matched, long after) {
        if (!closed && !rows.parks(change, matched, after, false)) {
            pass(change, matched, after, false);
        }
    }

    /** Takes a change that a group gave to its member here. */
    void takeShared(Change change, List<FilterSubscription> member, long after) {
        if (closed) {
            giveBack(change, member.get(0));
        } else if (!rows.parks(change, member, after, true)) {
            pass(change, member, after, true);
        }
    }

    /** Takes the number of a logged change that a group gave to its member here. */
    void assigned(long sequence, FilterSubscription member) {
        if (closed || member.cancelled()) {
            handOnLogged(new long[] {sequence}, member);
        } else {
            rows.abandon();
            member.assign(sequence);
            log.assigned(sequence);
            touch();
        }
    }

    /** Goes on with a change that is not parked, or no longer. */
    void pass(Change change, List<FilterSubscription> matched, long after, boolean shared) {
        if (closed && !shared) {
            return;
        }
        if (shared) {
            passShared(change, matched, after);
        } else if (!change.logged()) {
            passUnlogged(change, matched, after);
        } else if (!log.skips(change.sequence())) {
            List<Subscription> wanting = wanting(change, matched);
            Change seen = wanting.isEmpty() ? null : seen(change);
            if (seen == null || outbox.add(delivery(seen, wanting))) {
                log.taken(change.sequence());
            } else {
                log.fallBack(outbox.dropLogged(change.sequence()) - 1, change.sequence());
            }
            touch();
        }
    }

    private void passUnlogged(Change change, List<FilterSubscription> matched, long after) {
        List<Subscription> wanting = wanting(change, matched);
        if (!wanting.isEmpty() && seen(change) != null) {
            Delivery delivery = new Delivery(change, wanting, false, 0);
            if (outbox.full() && !mayKeep(change, wanting)) {
                outbox.missed(subscriber);
            } else if (log.active()) {
                outbox.hold(delivery, after);
            } else {
                outbox.force(delivery);
            }
            touch();
        }
    }

    private void passShared(Change change, List<FilterSubscription> member, long after) {
        FilterSubscription subscription = member.get(0);
        if (closed || !subscription.wants(change, context.origin())) {
            giveBack(change, subscription);
        } else if (!change.logged()) {
            passUnlogged(change, member, after);
        } else {
            boolean room = !log.active() && outbox.add(new Delivery(change, List.of(subscription), false, 0));
            if (!room) {
                // Kept as a number only: the log has the rest.
                subscription.assign(change.sequence());
                log.assigned(change.sequence());
            }
            touch();
        }
    }

    private Delivery delivery(Change change, List<Subscription> wanting) {
        return new Delivery(change, wanting, false, rows.isEmpty() ? change.sequence() : 0);
    }

    /** There is no room for an unlogged message: not kept where its service is at most once, else perhaps the end. */
    private boolean mayKeep(Change change, List<Subscription> wanting) {
        int qos = 0;
        for (Subscription subscription : wanting) {
            qos = Math.max(qos, ((FilterSubscription) subscription).interest().qos());
        }
        if (Math.min(qos, change.attributes().qos()) == 0) {
            return false;
        }
        if (ending == null && !subscriber.crowded()) {
            end(new Failure(Failure.Code.BUSY, "messages came faster than they were taken"));
        }
        return ending == null;
    }

    /** Those subscriptions that want the change now; usually all, and then nothing is allocated. */
    @SuppressWarnings("unchecked")
    private List<Subscription> wanting(Change change, List<FilterSubscription> matched) {
        boolean all = true;
        for (int i = 0; i < matched.size(); i++) {
            all &= matched.get(i).plain();
        }
        if (all) {
            return (List<Subscription>) (List<?>) matched;
        }
        List<Subscription> wanting = new ArrayList<>(matched.size());
        for (FilterSubscription subscription : matched) {
            if (subscription.wants(change, context.origin())) {
                wanting.add(subscription);
            }
        }
        return wanting;
    }

    /** Logged changes after a sequence were not queued for this loop. */
    void overran(long last, long durable) {
        if (!closed) {
            rows.abandon();
            log.overran(last, durable);
        }
    }

    // What its readers bring.

    /** Takes a change that was read from the log. */
    void takeLogged(Change change, List<FilterSubscription> matched) {
        outbox.release(change.sequence() - 1);
        List<Subscription> wanting = new ArrayList<>(wanting(change, matched));
        Change seen = wanting.isEmpty() ? null : seen(change);
        if (seen == null) {
            return;
        }
        for (FilterSubscription subscription : matched) {
            if (subscription.group() != null && wanting.remove(subscription)) {
                // Never taken back from the outbox, since nothing remembers that the group gave it to this one.
                outbox.force(new Delivery(change, List.of(subscription), false, 0));
            }
        }
        if (!wanting.isEmpty()) {
            outbox.force(delivery(seen, wanting));
        }
    }

    /** The log has been read up to here: what waited for that may pass. */
    void release(long reached) {
        outbox.release(reached);
        rows.finish(reached);
    }

    /** Whether the loop's queue brings all that is new. */
    boolean live() {
        return !log.active();
    }

    /** Whether a change that a subscription covers is kept from it. */
    boolean refuses(FilterSubscription subscription, Change change) {
        return subscription.refuses(change, context.origin());
    }

    /** Takes a current row. */
    void takeRow(Change row, FilterSubscription subscription) {
        Change seen = seen(row);
        if (seen != null) {
            outbox.force(new Delivery(seen, List.of(subscription), true, 0));
        }
    }

    /** All current rows of a subscription have been taken. */
    void current(FilterSubscription subscription, long sequence) {
        mark(subscription, () -> subscriber.current(subscription, sequence));
    }

    /** The log does not reach back far enough for a subscription: it begins anew with its current rows. */
    void reset(FilterSubscription subscription) {
        mark(subscription, () -> {
            LiveQuery query = subscription.query();
            if (query != null) {
                query.begin(true);
            }
            subscriber.reset(subscription);
        });
        if (subscription.group() == null) {
            rows.begin(subscription);
        }
    }

    /** Tells something about a subscription once what is before it is handed over, if it still lives then. */
    private void mark(FilterSubscription subscription, Runnable telling) {
        outbox.mark(() -> {
            if (!subscription.cancelled()) {
                telling.run();
            }
        });
    }

    /** Whether a worker reads for this mailbox; one at a time. */
    void reading(boolean now) {
        reading = now;
    }

    // What goes out.

    /** Makes sure that it is flushed soon, and not within this call. */
    void touch() {
        if (!touched && !flushing) {
            touched = true;
            queue.touch(this);
        }
    }

    /** Hands over what credit allows, then reads more if there is room. At the end of each run of the loop's queue. */
    void flush() {
        touched = false;
        if (closed) {
            return;
        }
        flushing = true;
        try {
            send();
        } catch (Failure full) {
            ending = full;
        } catch (RuntimeException bug) {
            LOG.error("a subscriber failed and is closed: mailbox={}", this, bug);
            ending = new Failure(Failure.Code.UNAVAILABLE, "a fault of the server; see its log");
        } finally {
            flushing = false;
        }
        Failure why = ending;
        if (why != null && !closed) {
            close();
            subscriber.ended(why);
        }
        boolean room = !closed && credit > 0 && outbox.isEmpty() && !log.active();
        if (room != ready) {
            ready = room;
        }
    }

    private void send() {
        boolean more = ending == null;
        while (more && !closed) {
            List<Delivery> batch = live.batch(credit);
            credit = credit == Long.MAX_VALUE ? credit : credit - batch.size();
            if (!batch.isEmpty()) {
                subscriber.deliver(batch);
                outbox.delivered();
            }
            more = !closed
                    && ((live.isEmpty() && outbox.passMarks())
                            || (credit > 0 && !(outbox.isEmpty() && live.isEmpty())));
            if (!more && !closed && ending == null && !reading && credit > 0) {
                readOn();
                more = !outbox.isEmpty();
            }
        }
    }

    private void readOn() {
        int limit = (int) Math.max(LEAST_READ, Math.min(credit, CurrentScan.ROWS));
        if (!log.readOn(limit) && outbox.isEmpty()) {
            rows.readOn(limit);
        }
    }

    @Override
    public String toString() {
        return context.toString();
    }
}
