// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Change;
import dev.tarn.api.resource.Context;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.qpid.protonj2.types.transport.ErrorCondition;
import org.jspecify.annotations.Nullable;

/** A link that receives from a {@link Feed}, as the feed sees it. For the feeds' thread. */
final class FeedMember {

    /**
     * The link's side of it.
     *
     * @param arrived gets what is for the client; any thread
     * @param ended is told that nothing more comes; any thread
     */
    record Link(Context context, Consumer<List<Parcel>> arrived, Consumer<ErrorCondition> ended) {}

    private final Link link;
    private final @Nullable Selector selector;
    private Predicate<Change> allowed = change -> false;
    private final Set<Parcel> held = new LinkedHashSet<>();
    private @Nullable Feed feed;
    private long room;

    /** @param selector of a queue's client; null for none */
    FeedMember(Link link, @Nullable Selector selector) {
        this.link = link;
        this.selector = selector;
    }

    Link link() {
        return link;
    }

    /** Where it has joined; null for nowhere yet. */
    @Nullable
    Feed feed() {
        return feed;
    }

    /** @param may whether the client may be told of a change as it is */
    void joined(Feed where, Predicate<Change> may) {
        feed = where;
        allowed = may;
    }

    /** How many more changes it wants. */
    long room() {
        return room;
    }

    void room(long more) {
        room += more;
    }

    /** It wants nothing more. */
    void recall() {
        room = 0;
    }

    boolean mayHave(Change change) {
        return allowed.test(change);
    }

    boolean wants(Parcel parcel, Codec codec) {
        return !parcel.barred(this) && (selector == null || selector.takes(parcel.change(), codec));
    }

    /** What it was given and has not settled, in order. */
    Set<Parcel> held() {
        return held;
    }

    void give(List<Parcel> parcels) {
        room -= parcels.size();
        held.addAll(parcels);
        link.arrived().accept(parcels);
    }
}
