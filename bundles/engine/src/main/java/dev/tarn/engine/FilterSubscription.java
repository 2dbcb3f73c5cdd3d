// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Kind;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscription;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One filter of one mailbox. Confined to the mailbox's loop, but for what says otherwise. */
final class FilterSubscription implements Subscription, Placed {

    private static final long[] NONE = new long[0];
    private static final AtomicInteger NUMBERS = new AtomicInteger();

    private final int number = NUMBERS.incrementAndGet();
    private final QueuedMailbox mailbox;
    private final Filter filter;
    private final @Nullable SharedGroup group;
    private final @Nullable LiveQuery query;
    /** As the tree has it. Written by the subscribing loop and by deployments, read by workers too. */
    private volatile Filter canonical;

    private Interest interest;
    private @Nullable Object tag;

    /** The tables that its user may see; null for all of them, also those that are deployed later. */
    private @Nullable Set<String> allowed;

    /** The log is read for it from here on: everything up to this sequence is settled. */
    private long from;

    private long[] assigned = NONE;
    private int assignedCount;
    private @Nullable CurrentScan scan;
    private boolean every;
    private boolean cancelled;

    /** True while nothing but its filter decides what is delivered: the usual case, found by one look. */
    private boolean plain;

    FilterSubscription(
            QueuedMailbox mailbox,
            Filter filter,
            @Nullable SharedGroup group,
            Interest interest,
            @Nullable LiveQuery query,
            @Nullable Object tag) {
        this.mailbox = mailbox;
        this.filter = filter;
        this.group = group;
        this.query = query;
        this.canonical = filter;
        this.interest = interest;
        this.tag = tag;
        refresh();
    }

    private void refresh() {
        plain = !cancelled
                && scan == null
                && !interest.noLocal()
                && allowed == null
                && interest.database() == null
                && interest.where() == null;
    }

    @Override
    public int number() {
        return number;
    }

    /** Never changes. Any thread. */
    QueuedMailbox mailbox() {
        return mailbox;
    }

    @Override
    public Filter filter() {
        return filter;
    }

    @Override
    public Filter canonical() {
        return canonical;
    }

    @Override
    public void canonical(Filter changed) {
        canonical = changed;
    }

    /** The group that it is a member of. Any thread. */
    @Nullable
    SharedGroup group() {
        return group;
    }

    /** Its live query. */
    @Nullable
    LiveQuery query() {
        return query;
    }

    @Override
    public @Nullable Object tag() {
        return tag;
    }

    Interest interest() {
        return interest;
    }

    @Override
    public long settled() {
        return from;
    }

    @Override
    public String topic(Change change) {
        String text = change.path().text();
        if (filter.startsWithWildcard()) {
            return text;
        }
        String spelled = filter.text();
        int own = end(spelled);
        int theirs = end(text);
        if (own == theirs && text.regionMatches(0, spelled, 0, own)) {
            return text;
        }
        return spelled.substring(0, own) + text.substring(theirs);
    }

    private static int end(String text) {
        int slash = text.indexOf('/');
        return slash < 0 ? text.length() : slash;
    }

    boolean plain() {
        return plain;
    }

    /** Whether this change is to be delivered for this subscription now. */
    boolean wants(Change change, @Nullable String origin) {
        if (plain) {
            return true;
        }
        return !refuses(change, origin) && (scan == null || change.kind() == Kind.MESSAGE || scan.passes(change));
    }

    /**
     * Whether this change is kept from it, wherever it is in its rows: it is its own, not allowed, too late, or from before
     * it began and offered late, so that its rows have it and the log would not bring it.
     */
    boolean refuses(Change change, @Nullable String origin) {
        return cancelled
                || (scan != null && change.logged() && change.sequence() <= from)
                || (interest.noLocal()
                        && origin != null
                        && origin.equals(change.attributes().origin()))
                || !allows(change.table());
    }

    long from() {
        return from;
    }

    void from(long sequence) {
        from = sequence;
    }

    /** Whether its user may subscribe to this table. */
    boolean allows(String table) {
        String database = interest.database();
        boolean within = database == null
                || (table.length() > database.length()
                        && table.startsWith(database)
                        && table.charAt(database.length()) == '.');
        return within && (allowed == null || allowed.contains(table));
    }

    /** The tables that its user may see; null for all of them, also those that are deployed later. */
    void allowed(@Nullable Set<String> tables) {
        allowed = tables;
        refresh();
    }

    /** Notes that its group gave it this logged change, while it has no room for more than the number. */
    void assign(long sequence) {
        if (assignedCount == assigned.length) {
            assigned = Arrays.copyOf(assigned, Math.max(8, assignedCount * 2));
        }
        int at = assignedCount++;
        while (at > 0 && assigned[at - 1] > sequence) {
            assigned[at] = assigned[at - 1];
            at--;
        }
        assigned[at] = sequence;
    }

    /** The logged changes that its group gave it and that it has to read from the log, in order. */
    long[] assigned() {
        return Arrays.copyOf(assigned, assignedCount);
    }

    /**
     * The log has been read up to a sequence for what was assigned when the read began.
     *
     * @return the first assigned change up to there that was not known then, or the greatest number
     */
    long settle(long reached, long[] known) {
        int kept = 0;
        long first = Long.MAX_VALUE;
        for (int i = 0; i < assignedCount; i++) {
            long sequence = assigned[i];
            boolean settled = sequence <= reached && Arrays.binarySearch(known, sequence) >= 0;
            if (!settled) {
                first = Math.min(first, sequence);
                assigned[kept++] = sequence;
            }
        }
        assignedCount = kept;
        return first;
    }

    @Nullable
    CurrentScan scan() {
        return scan;
    }

    void scan(@Nullable CurrentScan begun) {
        scan = begun;
        refresh();
    }

    /** Whether it is told of every change, also of one to a row that is still to be sent. */
    boolean every() {
        return every;
    }

    void every(boolean change) {
        every = change;
    }

    boolean cancelled() {
        return cancelled;
    }

    void cancelled(boolean over) {
        cancelled = over;
        refresh();
    }

    @Override
    public void renew(Start start, Interest wanted, @Nullable Object newTag) {
        interest = new Interest(
                wanted.qos(),
                wanted.noLocal(),
                interest.group(),
                interest.query(),
                interest.database(),
                interest.newest(),
                interest.where());
        tag = newTag;
        refresh();
        mailbox.renewed(this, start);
    }

    @Override
    public void giveBack(Change change) {
        mailbox.giveBack(change, this);
    }

    @Override
    public void cancel() {
        mailbox.cancel(this);
    }

    @Override
    public String toString() {
        return filter.text() + " of " + mailbox;
    }
}
