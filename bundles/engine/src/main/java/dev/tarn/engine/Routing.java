// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Exports and subscriptions as one immutable state that is replaced at once, so that a reader never sees a path resolved
 * by one deployment and matched by another. Safe on any thread, without locks.
 */
final class Routing {

    private record State(
            Exports exports, TopicTree<FilterSubscription> tree, TopicTree<OwedFilter> owed, RouteCache cache) {

        State(Exports exports, TopicTree<FilterSubscription> tree, TopicTree<OwedFilter> owed) {
            this(exports, tree, owed, new RouteCache());
        }
    }

    private final AtomicReference<State> state;
    private final SharedGroup.Registry groups = new SharedGroup.Registry();

    Routing(Exports exports) {
        this.state = new AtomicReference<>(new State(exports, TopicTree.empty(), TopicTree.empty()));
    }

    private State now() {
        return Objects.requireNonNull(state.get(), "never null");
    }

    Exports exports() {
        return now().exports();
    }

    SharedGroup.Registry groups() {
        return groups;
    }

    /** Every subscription. */
    List<FilterSubscription> all() {
        return now().tree().all();
    }

    /** How many subscriptions there are. */
    int subscriptions() {
        return now().tree().size();
    }

    /**
     * The route of a path as a client spells it.
     *
     * @throws Failure NOT_FOUND where unmapped paths are refused, MALFORMED for an id that should be a number
     */
    Route route(Path path) {
        State now = now();
        Route cached = now.cache().get(path.text());
        if (cached != null) {
            return cached;
        }
        Exported exported = now.exports().of(path);
        return made(now, path.text(), exported, exported.canonical(path));
    }

    private static Route made(State now, String spelled, Exported exported, Path canonical) {
        List<FilterSubscription> covering = new ArrayList<>();
        now.tree().covering(canonical, covering::add);
        List<OwedFilter> owed = new ArrayList<>();
        now.owed().covering(canonical, owed::add);
        Route made = Route.of(spelled, exported, canonical, covering, OwedSessions.arranged(owed));
        now.cache().put(made);
        return made;
    }

    /** The route of a stored change; null when nobody can reach its table at this path, or nobody subscribes at all. */
    @Nullable
    Route route(Path canonical, String table) {
        State now = now();
        if (now.tree().isEmpty() && now.owed().isEmpty()) {
            return null;
        }
        Route cached = now.cache().get(canonical.text());
        Exported exported = cached == null ? now.exports().resolve(canonical.first()) : cached.exported();
        if (exported == null || !exported.name().equals(table)) {
            return null;
        }
        return cached == null ? made(now, canonical.text(), exported, canonical) : cached;
    }

    /** Adds a subscription under its canonical filter. */
    void add(FilterSubscription subscription) {
        while (true) {
            State now = now();
            Filter canonical = now.exports().canonical(subscription.filter());
            subscription.canonical(canonical);
            if (replaced(now, now.tree().with(canonical, subscription), now.owed())) {
                return;
            }
        }
    }

    /** Removes a subscription that was added. */
    void remove(FilterSubscription subscription) {
        while (true) {
            State now = now();
            Filter canonical = placed(now.exports(), subscription.filter());
            if (replaced(now, now.tree().without(canonical, subscription), now.owed())) {
                return;
            }
        }
    }

    /** Adds a filter of a durable session; also one that no table answers yet. */
    void own(OwedFilter filter) {
        while (true) {
            State now = now();
            Filter canonical = placed(now.exports(), filter.filter());
            filter.canonical(canonical);
            if (replaced(now, now.tree(), now.owed().with(canonical, filter))) {
                return;
            }
        }
    }

    /** Removes a filter of a durable session that was added. */
    void disown(OwedFilter filter) {
        while (true) {
            State now = now();
            Filter canonical = placed(now.exports(), filter.filter());
            if (replaced(now, now.tree(), now.owed().without(canonical, filter))) {
                return;
            }
        }
    }

    private boolean replaced(State now, TopicTree<FilterSubscription> tree, TopicTree<OwedFilter> owed) {
        return state.compareAndSet(now, new State(now.exports(), tree, owed));
    }

    /** Replaces the exports; filters that now mean another table move with them. One call at a time. */
    void deploy(Exports exports) {
        while (true) {
            State now = now();
            Set<String> names = now.exports().differences(exports);
            List<Placed> moved = new ArrayList<>();
            TopicTree<FilterSubscription> tree = moved(now.tree(), now.exports(), exports, names, moved);
            TopicTree<OwedFilter> owed = moved(now.owed(), now.exports(), exports, names, moved);
            if (state.compareAndSet(now, new State(exports, tree, owed))) {
                moved.forEach(each -> each.canonical(placed(exports, each.filter())));
                return;
            }
        }
    }

    private static <T extends Placed> TopicTree<T> moved(
            TopicTree<T> tree, Exports before, Exports after, Set<String> names, List<Placed> moved) {
        TopicTree<T> made = tree;
        for (T each : tree.below(first -> names.contains(Exports.fold(first)))) {
            made = made.without(placed(before, each.filter()), each).with(placed(after, each.filter()), each);
            moved.add(each);
        }
        return made;
    }

    /** Where a filter is in the tree: its canonical form, or as it is where no table answers for it. */
    private static Filter placed(Exports exports, Filter filter) {
        return filter.startsWithWildcard() || exports.resolve(filter.first()) != null
                ? exports.canonical(filter)
                : filter;
    }
}
