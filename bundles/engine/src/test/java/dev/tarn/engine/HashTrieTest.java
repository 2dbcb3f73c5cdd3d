// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HashTrieTest {

    @Test
    void behaves_as_a_map_whatever_is_added_and_removed() {
        Random random = new Random(20261121);
        for (int round = 0; round < 200; round++) {
            Map<String, Integer> model = new HashMap<>();
            HashTrie<Integer> trie = HashTrie.empty();
            int keys = 1 + random.nextInt(60);
            for (int step = 0; step < 200; step++) {
                String key = "k" + random.nextInt(keys);
                int hash = HashTrie.hash(key, 0, key.length());
                if (random.nextInt(3) == 0) {
                    model.remove(key);
                    trie = trie.without(hash, key);
                } else {
                    model.put(key, step);
                    trie = trie.with(hash, key, step);
                }
                assertSame(trie, model, keys);
            }
        }
    }

    @Test
    void keys_whose_hashes_collide_in_all_or_some_bits_stay_apart() {
        Random random = new Random(7);
        for (int mask : new int[] {0, 1, 0x3E0, 0xC0000000}) {
            Map<String, Integer> model = new HashMap<>();
            HashTrie<Integer> trie = HashTrie.empty();
            for (int step = 0; step < 500; step++) {
                String key = "k" + random.nextInt(40);
                int hash = key.hashCode() & mask;
                if (random.nextInt(3) == 0) {
                    model.remove(key);
                    trie = trie.without(hash, key);
                } else {
                    model.put(key, step);
                    trie = trie.with(hash, key, step);
                }
                assertThat(trie.size()).isEqualTo(model.size());
                List<Integer> values = new ArrayList<>();
                trie.forEach(values::add);
                assertThat(values).containsExactlyInAnyOrderElementsOf(model.values());
                assertThat(trie.get(hash, key, 0, key.length())).isEqualTo(model.get(key));
            }
        }
    }

    @Test
    void an_older_map_does_not_change_when_a_newer_one_is_made() {
        HashTrie<Integer> older = HashTrie.empty();
        for (int i = 0; i < 100; i++) {
            older = older.with(HashTrie.hash(i), i, i);
        }
        HashTrie<Integer> newer = older;
        for (int i = 0; i < 100; i++) {
            newer = newer.without(HashTrie.hash(i), i);
        }
        assertThat(newer.isEmpty()).isTrue();
        List<Integer> values = new ArrayList<>();
        older.forEach(values::add);
        assertThat(values).hasSize(100);
    }

    @Test
    void a_part_of_a_text_finds_the_key_that_it_equals() {
        HashTrie<String> trie = HashTrie.empty();
        for (String key : List.of("", "a", "ab", "abc", "abcd", "\uD83D\uDE00")) {
            trie = trie.with(HashTrie.hash(key, 0, key.length()), key, key);
        }
        String text = "x/abc/\uD83D\uDE00";
        assertThat(trie.get(HashTrie.hash(text, 2, 5), text, 2, 5)).isEqualTo("abc");
        assertThat(trie.get(HashTrie.hash(text, 2, 2), text, 2, 2)).isEmpty();
        assertThat(trie.get(HashTrie.hash(text, 6, 8), text, 6, 8)).isEqualTo("\uD83D\uDE00");
        assertThat(trie.get(HashTrie.hash(text, 0, 1), text, 0, 1)).isNull();
    }

    @Test
    void a_hundred_thousand_keys_with_equal_java_hashes_are_no_burden() {
        // 17 pairs of "Aa" and "BB", which have the same String.hashCode, make 131,072 colliding texts.
        HashTrie<Integer> trie = HashTrie.empty();
        int count = 100_000;
        for (int i = 0; i < count; i++) {
            StringBuilder key = new StringBuilder();
            for (int bit = 0; bit < 17; bit++) {
                key.append((i >> bit & 1) == 0 ? "Aa" : "BB");
            }
            trie = trie.with(HashTrie.hash(key.toString(), 0, key.length()), key.toString(), i);
        }
        assertThat(trie.size()).isEqualTo(count);
    }

    private static void assertSame(HashTrie<Integer> trie, Map<String, Integer> model, int keys) {
        assertThat(trie.size()).isEqualTo(model.size());
        for (int i = 0; i < keys; i++) {
            String key = "k" + i;
            Integer found = trie.get(HashTrie.hash(key, 0, key.length()), key, 0, key.length());
            if (found == null ? model.containsKey(key) : !found.equals(model.get(key))) {
                throw new AssertionError(key + " is " + found + ", not " + model.get(key));
            }
        }
    }
}
