// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import java.util.Arrays;

/**
 * What one session is owed, as counters: for each change its sequence and bytes, exact for the last {@value #MOST}, older
 * ones summed up in pairs and pairs of pairs, so that a backlog of millions takes no more memory. Written by the sync
 * thread, a worker and the session's protocol: the lock is held for a few instructions and never while anything else is
 * called.
 */
final class Ledger {

    private static final int MOST = 4_096;

    private long[] first = new long[8];
    private long[] last = new long[8];
    private long[] changes = new long[8];
    private long[] bytes = new long[8];
    private int head;
    private int size;
    private long allChanges;
    private long allBytes;

    /** Changes up to here are counted by {@link #older}, not by {@link #owe}. */
    private long base;

    /** How many counts were asked for that are not done. */
    private int pending;

    Ledger(long base) {
        this.base = base;
    }

    /** One more change is owed. In the order of the log. */
    synchronized void owe(long sequence, long length) {
        if (sequence > base) {
            add(sequence, sequence, 1, length);
        }
    }

    private void add(long from, long to, long count, long length) {
        if (size == MOST) {
            sumUp();
        }
        if (head + size == last.length) {
            int room = size < last.length / 2 ? last.length : last.length * 2;
            first = moved(first, room);
            last = moved(last, room);
            changes = moved(changes, room);
            bytes = moved(bytes, room);
            head = 0;
        }
        int at = head + size++;
        first[at] = from;
        last[at] = to;
        changes[at] = count;
        bytes[at] = length;
        allChanges += count;
        allBytes += length;
    }

    private long[] moved(long[] from, int room) {
        long[] to = new long[room];
        System.arraycopy(from, head, to, 0, size);
        return to;
    }

    /** Adds the older half together in pairs. */
    private void sumUp() {
        int pairs = size / 4;
        int from = head;
        int to = head;
        for (int i = 0; i < pairs; i++) {
            first[to] = first[from];
            last[to] = last[from + 1];
            changes[to] = changes[from] + changes[from + 1];
            bytes[to] = bytes[from] + bytes[from + 1];
            from += 2;
            to++;
        }
        int rest = size - 2 * pairs;
        for (long[] column : new long[][] {first, last, changes, bytes}) {
            System.arraycopy(column, from, column, to, rest);
        }
        size = pairs + rest;
    }

    /** Everything up to this sequence is no longer owed. What was summed up goes when all of it is. */
    synchronized void settle(long sequence) {
        while (size > 0 && last[head] <= sequence) {
            allChanges -= changes[head];
            allBytes -= bytes[head];
            head++;
            size--;
        }
    }

    /** The sequence up to which to settle so that no more than this is owed; 0 when it is not more. */
    synchronized long excess(long mostChanges, long mostBytes) {
        long sequence = 0;
        long leftChanges = allChanges;
        long leftBytes = allBytes;
        for (int at = head; at < head + size && (leftChanges > mostChanges || leftBytes > mostBytes); at++) {
            sequence = last[at];
            leftChanges -= changes[at];
            leftBytes -= bytes[at];
        }
        return sequence;
    }

    /** Forgets everything; what is owed up to this sequence will come by {@link #older}. */
    synchronized void restart(long sequence) {
        head = 0;
        size = 0;
        allChanges = 0;
        allBytes = 0;
        base = sequence;
    }

    /** What is owed will be counted anew. */
    synchronized void recount() {
        pending++;
    }

    /** So many counts that were asked for are done. */
    synchronized void counted(int counts) {
        pending -= counts;
    }

    /** Up to where nothing is owed, at most this sequence; -1 while that is being counted. */
    synchronized long clearUpTo(long sequence) {
        if (pending > 0) {
            return -1;
        }
        return size == 0 ? sequence : Math.min(sequence, first[head] - 1);
    }

    /** Puts what is owed from before the base in front, and lets go of what is settled by now. */
    synchronized void older(Ledger before, long settled) {
        long[][] mine = {
            Arrays.copyOfRange(first, head, head + size),
            Arrays.copyOfRange(last, head, head + size),
            Arrays.copyOfRange(changes, head, head + size),
            Arrays.copyOfRange(bytes, head, head + size)
        };
        first = before.first;
        last = before.last;
        changes = before.changes;
        bytes = before.bytes;
        head = before.head;
        size = before.size;
        allChanges = before.allChanges;
        allBytes = before.allBytes;
        for (int i = 0; i < mine[0].length; i++) {
            add(mine[0][i], mine[1][i], mine[2][i], mine[3][i]);
        }
        settle(settled);
    }

    synchronized long base() {
        return base;
    }

    synchronized long changes() {
        return allChanges;
    }

    synchronized long bytes() {
        return allBytes;
    }
}
