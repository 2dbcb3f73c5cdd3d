// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Subscriptions by canonical filter: a trie of segments with {@code +} and {@code #} apart. Immutable; adding copies the
 * nodes on the filter's way and shares all others, so readers need no lock. Walked without recursion. Filters of more
 * than {@value #DEPTH} segments are kept in a list at that depth and compared one by one, so that a long filter costs no
 * more memory than its text.
 */
final class TopicTree<T extends Placed> {

    static final int DEPTH = 64;

    private static final TopicTree<?> EMPTY = new TopicTree<>(Node.named(""), 0);

    @SuppressWarnings("unchecked")
    static <T extends Placed> TopicTree<T> empty() {
        return (TopicTree<T>) EMPTY;
    }

    /**
     * @param here filters that end here
     * @param rest filters that end with {@code #} here
     * @param deep filters that go on below the deepest level
     */
    private record Node<T extends Placed>(
            String segment,
            HashTrie<Node<T>> children,
            @Nullable Node<T> plus,
            HashTrie<T> here,
            HashTrie<T> rest,
            HashTrie<T> deep) {

        static <T extends Placed> Node<T> named(String segment) {
            return new Node<>(segment, HashTrie.empty(), null, HashTrie.empty(), HashTrie.empty(), HashTrie.empty());
        }

        Node<T> withChild(Node<T> child, boolean wild) {
            if (wild) {
                return new Node<>(segment, children, child.vacant() ? null : child, here, rest, deep);
            }
            String name = child.segment;
            int hash = HashTrie.hash(name, 0, name.length());
            return new Node<>(
                    segment,
                    child.vacant() ? children.without(hash, name) : children.with(hash, name, child),
                    plus,
                    here,
                    rest,
                    deep);
        }

        Node<T> withEnd(End end, T subscription, boolean present) {
            return new Node<>(
                    segment,
                    children,
                    plus,
                    end == End.HERE ? changed(here, subscription, present) : here,
                    end == End.REST ? changed(rest, subscription, present) : rest,
                    end == End.DEEP ? changed(deep, subscription, present) : deep);
        }

        private static <T extends Placed> HashTrie<T> changed(HashTrie<T> set, T subscription, boolean present) {
            int hash = HashTrie.hash(subscription.number());
            return present ? set.with(hash, subscription, subscription) : set.without(hash, subscription);
        }

        boolean vacant() {
            return children.isEmpty() && plus == null && here.isEmpty() && rest.isEmpty() && deep.isEmpty();
        }
    }

    private enum End {
        HERE,
        REST,
        DEEP
    }

    private final Node<T> root;
    private final int size;

    private TopicTree(Node<T> root, int size) {
        this.root = root;
        this.size = size;
    }

    /** How many subscriptions there are. */
    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Whether not even a node is left. */
    boolean isVacant() {
        return root.vacant();
    }

    /** This tree with one more subscription, which it must not have under this filter yet. */
    TopicTree<T> with(Filter filter, T subscription) {
        return new TopicTree<>(changed(filter.text(), subscription, true), size + 1);
    }

    /** This tree without a subscription that it has under this filter. */
    TopicTree<T> without(Filter filter, T subscription) {
        return new TopicTree<>(changed(filter.text(), subscription, false), size - 1);
    }

    private Node<T> changed(String filter, T subscription, boolean present) {
        List<Node<T>> way = new ArrayList<>();
        Node<T> node = root;
        int at = 0;
        End end = null;
        while (end == null) {
            way.add(node);
            int slash = filter.indexOf('/', at);
            int to = slash < 0 ? filter.length() : slash;
            if (at > filter.length()) {
                end = End.HERE;
            } else if (way.size() > DEPTH) {
                end = End.DEEP;
            } else if (to == at + 1 && filter.charAt(at) == '#') {
                end = End.REST;
            } else if (to == at + 1 && filter.charAt(at) == '+') {
                node = node.plus() == null ? Node.named("+") : node.plus();
                at = to + 1;
            } else {
                Node<T> child = node.children().get(HashTrie.hash(filter, at, to), filter, at, to);
                node = child == null ? Node.named(filter.substring(at, to)) : child;
                at = to + 1;
            }
        }
        Node<T> made = way.get(way.size() - 1).withEnd(end, subscription, present);
        for (int i = way.size() - 2; i >= 0; i--) {
            Node<T> parent = way.get(i);
            // A segment of one character "+" is a wildcard in every filter, so the name tells the kind.
            made = parent.withChild(made, made.segment().equals("+"));
        }
        return made;
    }

    /** Hands over every subscription whose filter covers the path. [MQTT-4.7.2-1] */
    void covering(Path path, Consumer<? super T> found) {
        String topic = path.text();
        boolean hidden = topic.charAt(0) == '$';
        List<Node<T>> level = new ArrayList<>(4);
        level.add(root);
        int at = 0;
        for (int depth = 0; !level.isEmpty(); depth++) {
            for (Node<T> node : level) {
                if (depth > 0 || !hidden) {
                    node.rest().forEach(found);
                }
                if (depth == DEPTH && !node.deep().isEmpty()) {
                    node.deep().forEach(subscription -> {
                        if (subscription.canonical().covers(path)) {
                            found.accept(subscription);
                        }
                    });
                }
            }
            if (at > topic.length()) {
                for (Node<T> node : level) {
                    node.here().forEach(found);
                }
                return;
            }
            int slash = topic.indexOf('/', at);
            int to = slash < 0 ? topic.length() : slash;
            int hash = HashTrie.hash(topic, at, to);
            List<Node<T>> next = new ArrayList<>(4);
            for (Node<T> node : level) {
                Node<T> child = node.children().get(hash, topic, at, to);
                if (child != null) {
                    next.add(child);
                }
                if (node.plus() != null && (depth > 0 || !hidden)) {
                    next.add(node.plus());
                }
            }
            level = next;
            at = to + 1;
        }
    }

    /** Every subscription whose filter begins with a segment that passes the test; wildcards are not asked about. */
    List<T> below(Predicate<String> first) {
        List<T> found = new ArrayList<>();
        List<Node<T>> open = new ArrayList<>();
        root.children().forEach(child -> {
            if (first.test(child.segment())) {
                open.add(child);
            }
        });
        collect(open, found);
        return found;
    }

    /** Every subscription. */
    List<T> all() {
        List<T> found = new ArrayList<>(size);
        List<Node<T>> open = new ArrayList<>();
        open.add(root);
        collect(open, found);
        return found;
    }

    private static <T extends Placed> void collect(List<Node<T>> open, List<T> found) {
        while (!open.isEmpty()) {
            Node<T> node = open.remove(open.size() - 1);
            node.here().forEach(found::add);
            node.rest().forEach(found::add);
            node.deep().forEach(found::add);
            node.children().forEach(open::add);
            if (node.plus() != null) {
                open.add(node.plus());
            }
        }
    }
}
