// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An immutable hash map in which adding and removing copy a few small arrays only, however large it is (a hash array
 * mapped trie: Bagwell, Ideal Hash Trees, 2001). Text keys are looked up as ranges of a longer text, without a copy, by
 * a hash with a secret multiplier, so that nobody can choose keys that collide.
 */
final class HashTrie<V> {

    private static final HashTrie<?> EMPTY = new HashTrie<>(0, new Object[0], 0);

    /** Bits that one level of the trie uses. */
    private static final int BITS = 5;

    private static final long PRIME = (1L << 61) - 1;
    private static final long MULTIPLIER = ThreadLocalRandom.current().nextLong(1L << 32, PRIME - 1);

    private record Entry<V>(int hash, Object key, V value) {}

    /** Entries whose hashes are equal in all bits. */
    private static final class Bucket<V> {
        private final int hash;
        private final Entry<V>[] entries;

        Bucket(int hash, Entry<V>[] entries) {
            this.hash = hash;
            this.entries = entries;
        }
    }

    private final int bitmap;

    /** Entries, buckets and deeper tries, one for each bit that is set. */
    private final @Nullable Object[] slots;

    private final int size;

    private HashTrie(int bitmap, @Nullable Object[] slots, int size) {
        this.bitmap = bitmap;
        this.slots = slots;
        this.size = size;
    }

    @SuppressWarnings("unchecked")
    static <V> HashTrie<V> empty() {
        return (HashTrie<V>) EMPTY;
    }

    /** A polynomial over blocks of three characters modulo a Mersenne prime: two texts collide with probability n/2^61. */
    static int hash(String text, int from, int to) {
        long hash = (long) to - from;
        int at = from;
        while (at < to) {
            long block = text.charAt(at++);
            if (at < to) {
                block |= (long) text.charAt(at++) << 16;
            }
            if (at < to) {
                block |= (long) text.charAt(at++) << 32;
            }
            long high = Math.multiplyHigh(hash + block, MULTIPLIER);
            long low = (hash + block) * MULTIPLIER;
            hash = ((high << 3) | (low >>> 61)) + (low & PRIME);
            hash = hash >= PRIME ? hash - PRIME : hash;
        }
        return (int) (hash ^ (hash >>> 32));
    }

    /** Spreads numbers that were counted up. */
    static int hash(int number) {
        return number * 0x9E3779B9;
    }

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** The value whose key is this part of the text; its hash is {@link #hash(String, int, int)}. */
    @Nullable
    V get(int hash, String text, int from, int to) {
        HashTrie<V> trie = this;
        for (int shift = 0; ; shift += BITS) {
            int bit = bit(hash, shift);
            if ((trie.bitmap & bit) == 0) {
                return null;
            }
            Object slot = trie.slots[trie.index(bit)];
            if (slot instanceof HashTrie<?>) {
                trie = deeper(slot);
            } else if (slot instanceof Bucket<?>) {
                for (Entry<V> entry : HashTrie.<V>bucket(slot).entries) {
                    if (isText(entry.key(), text, from, to)) {
                        return entry.value();
                    }
                }
                return null;
            } else {
                Entry<V> entry = entry(slot);
                return entry.hash() == hash && isText(entry.key(), text, from, to) ? entry.value() : null;
            }
        }
    }

    private static boolean isText(Object key, String text, int from, int to) {
        String name = (String) key;
        return name.length() == to - from && name.regionMatches(0, text, from, to - from);
    }

    /** This map with another entry, or another value for the key. */
    HashTrie<V> with(int hash, Object key, V value) {
        return with(new Entry<>(hash, key, value), 0);
    }

    private HashTrie<V> with(Entry<V> added, int shift) {
        int bit = bit(added.hash(), shift);
        int index = index(bit);
        if ((bitmap & bit) == 0) {
            @Nullable Object[] wider = new Object[slots.length + 1];
            System.arraycopy(slots, 0, wider, 0, index);
            wider[index] = added;
            System.arraycopy(slots, index, wider, index + 1, slots.length - index);
            return new HashTrie<>(bitmap | bit, wider, size + 1);
        }
        Object slot = slots[index];
        if (slot instanceof HashTrie<?>) {
            HashTrie<V> old = deeper(slot);
            HashTrie<V> made = old.with(added, shift + BITS);
            return replaced(index, made, made.size - old.size);
        }
        if (slot instanceof Bucket<?>) {
            Bucket<V> bucket = bucket(slot);
            if (bucket.hash == added.hash()) {
                Bucket<V> made = added(bucket, added);
                return replaced(index, made, made.entries.length - bucket.entries.length);
            }
            HashTrie<V> split =
                    new HashTrie<>(bit(bucket.hash, shift + BITS), new Object[] {bucket}, bucket.entries.length);
            return replaced(index, split.with(added, shift + BITS), 1);
        }
        Entry<V> old = entry(slot);
        if (old.hash() == added.hash()) {
            return old.key().equals(added.key())
                    ? replaced(index, added, 0)
                    : replaced(index, new Bucket<>(old.hash(), entries(old, added)), 1);
        }
        HashTrie<V> split = new HashTrie<>(bit(old.hash(), shift + BITS), new Object[] {old}, 1);
        return replaced(index, split.with(added, shift + BITS), 1);
    }

    private static <V> Bucket<V> added(Bucket<V> bucket, Entry<V> added) {
        Entry<V>[] old = bucket.entries;
        for (int i = 0; i < old.length; i++) {
            if (old[i].key().equals(added.key())) {
                Entry<V>[] same = old.clone();
                same[i] = added;
                return new Bucket<>(bucket.hash, same);
            }
        }
        Entry<V>[] more = Arrays.copyOf(old, old.length + 1);
        more[old.length] = added;
        return new Bucket<>(bucket.hash, more);
    }

    private static <V> Entry<V>[] entries(Entry<V> first, Entry<V> second) {
        Entry<V>[] entries = array(2);
        entries[0] = first;
        entries[1] = second;
        return entries;
    }

    /** This map without the key; the same map when it has none. */
    HashTrie<V> without(int hash, Object key) {
        return without(hash, key, 0);
    }

    private HashTrie<V> without(int hash, Object key, int shift) {
        int bit = bit(hash, shift);
        if ((bitmap & bit) == 0) {
            return this;
        }
        int index = index(bit);
        Object slot = slots[index];
        if (slot instanceof HashTrie<?>) {
            HashTrie<V> old = deeper(slot);
            HashTrie<V> made = old.without(hash, key, shift + BITS);
            if (made == old) {
                return this;
            }
            return made.isEmpty() ? removed(bit, index) : replaced(index, made.collapsed(), -1);
        }
        if (slot instanceof Bucket<?>) {
            Bucket<V> bucket = bucket(slot);
            Entry<V>[] left = Arrays.stream(bucket.entries)
                    .filter(entry -> !entry.key().equals(key))
                    .toArray(HashTrie::array);
            if (left.length == bucket.entries.length) {
                return this;
            }
            return replaced(index, left.length == 1 ? left[0] : new Bucket<>(hash, left), -1);
        }
        return HashTrie.<V>entry(slot).key().equals(key) ? removed(bit, index) : this;
    }

    @SuppressWarnings("unchecked")
    private static <V> Entry<V>[] array(int length) {
        return (Entry<V>[]) new Entry<?>[length];
    }

    /** The only entry where there is one, so that chains of tries do not outlive what made them. */
    private Object collapsed() {
        return slots.length == 1 && slots[0] instanceof Entry<?> only ? only : this;
    }

    private HashTrie<V> replaced(int index, Object slot, int grown) {
        @Nullable Object[] copy = slots.clone();
        copy[index] = slot;
        return new HashTrie<>(bitmap, copy, size + grown);
    }

    private HashTrie<V> removed(int bit, int index) {
        if (slots.length == 1) {
            return empty();
        }
        @Nullable Object[] narrower = new Object[slots.length - 1];
        System.arraycopy(slots, 0, narrower, 0, index);
        System.arraycopy(slots, index + 1, narrower, index, narrower.length - index);
        return new HashTrie<>(bitmap ^ bit, narrower, size - 1);
    }

    /** Every value. Recursion is no deeper than the hash has groups of five bits. */
    void forEach(Consumer<? super V> action) {
        for (Object slot : slots) {
            if (slot instanceof HashTrie<?>) {
                HashTrie.<V>deeper(slot).forEach(action);
            } else if (slot instanceof Bucket<?>) {
                for (Entry<V> entry : HashTrie.<V>bucket(slot).entries) {
                    action.accept(entry.value());
                }
            } else {
                action.accept(HashTrie.<V>entry(slot).value());
            }
        }
    }

    private static int bit(int hash, int shift) {
        return 1 << ((hash >>> shift) & 31);
    }

    private int index(int bit) {
        return Integer.bitCount(bitmap & (bit - 1));
    }

    @SuppressWarnings("unchecked")
    private static <V> HashTrie<V> deeper(@Nullable Object slot) {
        return (HashTrie<V>) java.util.Objects.requireNonNull(slot);
    }

    @SuppressWarnings("unchecked")
    private static <V> Bucket<V> bucket(@Nullable Object slot) {
        return (Bucket<V>) java.util.Objects.requireNonNull(slot);
    }

    @SuppressWarnings("unchecked")
    private static <V> Entry<V> entry(@Nullable Object slot) {
        return (Entry<V>) java.util.Objects.requireNonNull(slot);
    }
}
