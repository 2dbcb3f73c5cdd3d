// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import jetbrains.exodus.env.Transaction;

/** How much of an index is built. Written on the committer thread, read on any. */
final class IndexState {
    private static final long NOT_YET = Long.MAX_VALUE;

    /** Transactions that begin at this address of the files or later see all of it. */
    private volatile long since;

    private volatile double share;

    private IndexState(long since) {
        this.since = since;
    }

    /** Of an index that every transaction sees whole. */
    static IndexState ready() {
        return new IndexState(0);
    }

    /** Of an index that has to be built. */
    static IndexState building() {
        return new IndexState(NOT_YET);
    }

    /** Whether the newest transactions see all of it. */
    boolean isReady() {
        return since != NOT_YET;
    }

    boolean isReady(Transaction transaction) {
        return transaction.getHighAddress() >= since;
    }

    /** How much of it is there, from 0 to 1, as this transaction sees it. */
    double share(Transaction transaction) {
        return isReady(transaction) ? 1 : Math.min(0.99, share);
    }

    /** So much of it is there; below 1. */
    void share(double built) {
        share = built;
    }

    /** It is whole for whoever begins at this address or later. */
    void ready(long address) {
        since = address;
    }

    /** How far it is, for people. */
    String percent() {
        return (isReady() ? 100 : (int) Math.min(99, 100 * share)) + " %";
    }
}
