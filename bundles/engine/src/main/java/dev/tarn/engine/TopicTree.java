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
final class TopicTree {

    static final int DEPTH = 64;

    static final TopicTree EMPTY = new TopicTree(Node.EMPTY, 0);

    /**
     * @param here filters that end here
     * @param rest filters that end with {@code #} here
     * @param deep filters that go on below the deepest level
     */
    private record Node(
            String segment,
            HashTrie<Node> children,
            @Nullable Node plus,
            HashTrie<FilterSubscription> here,
            HashTrie<FilterSubscription> rest,
            HashTrie<FilterSubscription> deep) {

        static final Node EMPTY =
                new Node("", HashTrie.empty(), null, HashTrie.empty(), HashTrie.empty(), HashTrie.empty());

        static Node named(String segment) {
            return new Node(segment, EMPTY.children, null, EMPTY.here, EMPTY.rest, EMPTY.deep);
        }

        Node withChild(Node child, boolean wild) {
            if (wild) {
                return new Node(segment, children, child.vacant() ? null : child, here, rest, deep);
            }
            String name = child.segment;
            int hash = HashTrie.hash(name, 0, name.length());
            return new Node(
                    segment,
                    child.vacant() ? children.without(hash, name) : children.with(hash, name, child),
                    plus,
                    here,
                    rest,
                    deep);
        }

        Node withEnd(End end, FilterSubscription subscription, boolean present) {
            return new Node(
                    segment,
                    children,
                    plus,
                    end == End.HERE ? changed(here, subscription, present) : here,
                    end == End.REST ? changed(rest, subscription, present) : rest,
                    end == End.DEEP ? changed(deep, subscription, present) : deep);
        }

        private static HashTrie<FilterSubscription> changed(
                HashTrie<FilterSubscription> set, FilterSubscription subscription, boolean present) {
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

    private final Node root;
    private final int size;

    private TopicTree(Node root, int size) {
        this.root = root;
        this.size = size;
    }

    /** How many subscriptions there are. */
    int size() {
        return size;
    }

    /** Whether not even a node is left. */
    boolean isVacant() {
        return root.vacant();
    }

    /** This tree with one more subscription, which it must not have under this filter yet. */
    TopicTree with(Filter filter, FilterSubscription subscription) {
        return new TopicTree(changed(filter.text(), subscription, true), size + 1);
    }

    /** This tree without a subscription that it has under this filter. */
    TopicTree without(Filter filter, FilterSubscription subscription) {
        return new TopicTree(changed(filter.text(), subscription, false), size - 1);
    }

    private Node changed(String filter, FilterSubscription subscription, boolean present) {
        List<Node> way = new ArrayList<>();
        Node node = root;
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
                Node child = node.children().get(HashTrie.hash(filter, at, to), filter, at, to);
                node = child == null ? Node.named(filter.substring(at, to)) : child;
                at = to + 1;
            }
        }
        Node made = way.get(way.size() - 1).withEnd(end, subscription, present);
        for (int i = way.size() - 2; i >= 0; i--) {
            Node parent = way.get(i);
            // A segment of one character "+" is a wildcard in every filter, so the name tells the kind.
            made = parent.withChild(made, made.segment().equals("+"));
        }
        return made;
    }

    /** Hands over every subscription whose filter covers the path. */
    void covering(Path path, Consumer<FilterSubscription> found) {
        String topic = path.text();
        boolean hidden = topic.charAt(0) == '$';
        List<Node> level = new ArrayList<>(4);
        level.add(root);
        int at = 0;
        for (int depth = 0; !level.isEmpty(); depth++) {
            for (Node node : level) {
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
                for (Node node : level) {
                    node.here().forEach(found);
                }
                return;
            }
            int slash = topic.indexOf('/', at);
            int to = slash < 0 ? topic.length() : slash;
            int hash = HashTrie.hash(topic, at, to);
            List<Node> next = new ArrayList<>(4);
            for (Node node : level) {
                Node child = node.children().get(hash, topic, at, to);
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
    List<FilterSubscription> below(Predicate<String> first) {
        List<FilterSubscription> found = new ArrayList<>();
        List<Node> open = new ArrayList<>();
        root.children().forEach(child -> {
            if (first.test(child.segment())) {
                open.add(child);
            }
        });
        collect(open, found);
        return found;
    }

    /** Every subscription. */
    List<FilterSubscription> all() {
        List<FilterSubscription> found = new ArrayList<>(size);
        List<Node> open = new ArrayList<>();
        open.add(root);
        collect(open, found);
        return found;
    }

    private static void collect(List<Node> open, List<FilterSubscription> found) {
        while (!open.isEmpty()) {
            Node node = open.remove(open.size() - 1);
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
