// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;

/** Keeps nothing; a document that can be read into it is sound. */
final class CheckSink implements Sink {

    private final Keys keys = new Keys();

    @Override
    public void startMap(int size) {
        keys.start();
    }

    @Override
    public boolean key(String name) {
        return keys.add(name);
    }

    @Override
    public void endMap() {
        keys.end();
    }

    @Override
    public void startList(int size) {}

    @Override
    public void endList() {}

    @Override
    public void nothing() {}

    @Override
    public void bool(boolean value) {}

    @Override
    public void integer(long value) {}

    @Override
    public void integer(BigInteger value) {}

    @Override
    public void number(double value) {}

    @Override
    public void number(BigDecimal value) {}

    @Override
    public void text(String value) {}

    @Override
    public void text(byte[] source, int from, int length) {}

    @Override
    public void bytes(byte[] source, int from, int length) {}

    @Override
    public void moment(Instant value) {}
}
