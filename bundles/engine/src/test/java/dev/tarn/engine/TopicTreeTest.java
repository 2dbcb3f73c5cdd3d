// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Path;
import dev.tarn.api.resource.Interest;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TopicTreeTest {

    private static final String[] SEGMENTS = {"a", "b", "c", "", "$x", "long segment", "ä", "A"};

    @Test
    void finds_what_each_filter_covers_and_nothing_else() {
        Random random = new Random(42);
        for (int round = 0; round < 300; round++) {
            List<FilterSubscription> subscriptions = new ArrayList<>();
            TopicTree<FilterSubscription> tree = TopicTree.empty();
            for (int i = 0; i < 40; i++) {
                FilterSubscription subscription = subscription(filter(random, 6));
                subscriptions.add(subscription);
                tree = tree.with(subscription.filter(), subscription);
            }
            for (int i = 0; i < 15; i++) {
                FilterSubscription gone = subscriptions.remove(random.nextInt(subscriptions.size()));
                tree = tree.without(gone.filter(), gone);
            }
            assertThat(tree.size()).isEqualTo(25);
            assertThat(tree.all()).containsExactlyInAnyOrderElementsOf(subscriptions);
            for (int i = 0; i < 40; i++) {
                assertCovers(tree, subscriptions, path(random, 6));
            }
        }
    }

    @Test
    void filters_and_topics_deeper_than_the_tree_are_matched_too() {
        Random random = new Random(43);
        for (int round = 0; round < 20; round++) {
            List<FilterSubscription> subscriptions = new ArrayList<>();
            TopicTree<FilterSubscription> tree = TopicTree.empty();
            for (int i = 0; i < 30; i++) {
                int depth = TopicTree.DEPTH - 3 + random.nextInt(6);
                StringBuilder filter = new StringBuilder("a");
                for (int level = 1; level < depth; level++) {
                    filter.append('/').append(random.nextInt(20) == 0 ? "+" : "a");
                }
                FilterSubscription subscription = subscription(Filter.of(filter + (random.nextBoolean() ? "" : "/#")));
                subscriptions.add(subscription);
                tree = tree.with(subscription.filter(), subscription);
            }
            for (int depth = TopicTree.DEPTH - 4; depth < TopicTree.DEPTH + 6; depth++) {
                assertCovers(tree, subscriptions, Path.of("a" + "/a".repeat(depth - 1)));
            }
            for (FilterSubscription gone : subscriptions) {
                tree = tree.without(gone.filter(), gone);
            }
            assertThat(tree.all()).isEmpty();
        }
    }

    @Test
    void the_longest_topic_and_the_deepest_filter_cost_no_stack() {
        String deepest = "/".repeat(Path.LONGEST);
        FilterSubscription slashes = subscription(Filter.of(deepest));
        FilterSubscription pluses = subscription(Filter.of("+" + "/+".repeat(32_767)));
        FilterSubscription all = subscription(Filter.of("#"));
        TopicTree<FilterSubscription> tree = TopicTree.<FilterSubscription>empty()
                .with(slashes.filter(), slashes)
                .with(pluses.filter(), pluses)
                .with(all.filter(), all);
        List<FilterSubscription> found = new ArrayList<>();
        tree.covering(Path.of(deepest), found::add);
        assertThat(found).containsExactlyInAnyOrder(slashes, all);
        found.clear();
        tree.covering(Path.of("a" + "/a".repeat(32_767)), found::add);
        assertThat(found).containsExactlyInAnyOrder(pluses, all);
    }

    @Test
    void an_emptied_tree_holds_on_to_nothing() {
        TopicTree<FilterSubscription> tree = TopicTree.empty();
        List<FilterSubscription> subscriptions = new ArrayList<>();
        for (String text : List.of("a/b/c", "a/+/c", "a/#", "#", "+", "/", "a/b")) {
            FilterSubscription subscription = subscription(Filter.of(text));
            subscriptions.add(subscription);
            tree = tree.with(subscription.filter(), subscription);
        }
        for (FilterSubscription subscription : subscriptions) {
            tree = tree.without(subscription.filter(), subscription);
        }
        assertThat(tree.isVacant()).isTrue();
    }

    @Test
    void a_hundred_thousand_subscriptions_are_added_in_less_than_quadratic_time() {
        long half = nanosToAdd(50_000);
        long whole = nanosToAdd(100_000);
        // Quadratic time would be 4 times as much, and minutes; the bound leaves room for a busy machine.
        assertThat(whole).isLessThan(Math.max(10 * half, 5_000_000_000L));
        assertThat(whole).isLessThan(20_000_000_000L);
    }

    private static long nanosToAdd(int count) {
        long start = System.nanoTime();
        TopicTree<FilterSubscription> tree = TopicTree.empty();
        for (int i = 0; i < count; i++) {
            Filter filter = i % 2 == 0 ? Filter.of("devices/" + i + "/commands/#") : Filter.of("devices/all");
            tree = tree.with(filter, subscription(filter));
        }
        assertThat(tree.size()).isEqualTo(count);
        return System.nanoTime() - start;
    }

    private static void assertCovers(
            TopicTree<FilterSubscription> tree, List<FilterSubscription> subscriptions, Path path) {
        List<FilterSubscription> found = new ArrayList<>();
        tree.covering(path, found::add);
        List<FilterSubscription> expected = new ArrayList<>();
        for (FilterSubscription subscription : subscriptions) {
            if (subscription.filter().covers(path)) {
                expected.add(subscription);
            }
        }
        assertThat(found).as("subscriptions for %s", path).containsExactlyInAnyOrderElementsOf(expected);
    }

    static FilterSubscription subscription(Filter filter) {
        return new FilterSubscription(null, filter, null, Interest.ALL, null, null);
    }

    private static Filter filter(Random random, int depth) {
        List<String> segments = new ArrayList<>();
        int length = 1 + random.nextInt(depth);
        for (int i = 0; i < length; i++) {
            int kind = random.nextInt(10);
            if (kind == 0 && i == length - 1) {
                segments.add("#");
            } else {
                segments.add(kind <= 2 ? "+" : SEGMENTS[random.nextInt(SEGMENTS.length)]);
            }
        }
        String text = String.join("/", segments);
        return text.isEmpty() ? Filter.of("#") : Filter.of(text);
    }

    private static Path path(Random random, int depth) {
        List<String> segments = new ArrayList<>();
        int length = 1 + random.nextInt(depth);
        for (int i = 0; i < length; i++) {
            segments.add(SEGMENTS[random.nextInt(SEGMENTS.length)]);
        }
        String text = String.join("/", segments);
        return text.isEmpty() ? Path.of("/") : Path.of(text);
    }
}
