// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;

/**
 * Takes the values of one document in order. Readers of each format fill it and writers of each format are one, so any
 * format becomes any other without a tree in between. For one document and one thread. What is given to it is well
 * formed: doubles are finite, UTF-8 is checked, containers end; duplicate keys are what it has to notice itself.
 */
interface Sink {
    /** The number of entries or elements is not known yet. */
    int UNKNOWN = -1;

    /**
     * A map begins.
     *
     * @param size how many entries follow, or {@link #UNKNOWN}; a claim, not to be trusted with memory
     */
    void startMap(int size);

    /** Returns false when the map has this key already. */
    boolean key(String name);

    void endMap();

    /**
     * A list begins.
     *
     * @param size how many elements follow, or {@link #UNKNOWN}; a claim, not to be trusted with memory
     */
    void startList(int size);

    void endList();

    void nothing();

    void bool(boolean value);

    void integer(long value);

    /** A whole number that may be larger than a long. */
    void integer(BigInteger value);

    void number(double value);

    void number(BigDecimal value);

    /** Fails with MALFORMED when the text has a lone surrogate. */
    void text(String value);

    /** A text as UTF-8 that was checked. */
    void text(byte[] source, int from, int length);

    void bytes(byte[] source, int from, int length);

    void moment(Instant value);
}
