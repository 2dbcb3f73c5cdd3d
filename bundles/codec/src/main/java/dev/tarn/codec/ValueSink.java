// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Builds the value of a document, as {@link dev.tarn.api.codec.Codec} describes values. */
final class ValueSink implements Sink {

    /** However many elements are announced, room is made for no more than this at first. */
    private static final int FIRST = 16;

    private record Outer(
            @Nullable Map<String, @Nullable Object> map,
            @Nullable List<@Nullable Object> list,
            @Nullable String key) {}

    private final Deque<Outer> outer = new ArrayDeque<>();
    private @Nullable Map<String, @Nullable Object> map;
    private @Nullable List<@Nullable Object> list;
    private @Nullable String key;
    private @Nullable Object root;

    @Nullable
    Object value() {
        return root;
    }

    private void add(@Nullable Object value) {
        if (map != null && key != null) {
            map.put(key, value);
        } else if (list != null) {
            list.add(value);
        } else {
            root = value;
        }
    }

    private void enter(@Nullable Map<String, @Nullable Object> innerMap, @Nullable List<@Nullable Object> innerList) {
        outer.push(new Outer(map, list, key));
        map = innerMap;
        list = innerList;
        key = null;
    }

    private void leave() {
        Outer around = outer.pop();
        map = around.map;
        list = around.list;
        key = around.key;
    }

    @Override
    public void startMap(int size) {
        Map<String, @Nullable Object> inner = new LinkedHashMap<>();
        add(inner);
        enter(inner, null);
    }

    @Override
    public boolean key(String name) {
        key = name;
        return map != null && !map.containsKey(name);
    }

    @Override
    public void endMap() {
        leave();
    }

    @Override
    public void startList(int size) {
        List<@Nullable Object> inner = new ArrayList<>(size == UNKNOWN ? 4 : Math.min(size, FIRST));
        add(inner);
        enter(null, inner);
    }

    @Override
    public void endList() {
        leave();
    }

    @Override
    public void nothing() {
        add(null);
    }

    @Override
    public void bool(boolean value) {
        add(value);
    }

    @Override
    public void integer(long value) {
        add(value);
    }

    @Override
    public void integer(BigInteger value) {
        if (value.bitLength() < Long.SIZE) {
            add(value.longValue());
        } else {
            add(value);
        }
    }

    @Override
    public void number(double value) {
        add(value);
    }

    @Override
    public void number(BigDecimal value) {
        add(value);
    }

    @Override
    public void text(String value) {
        add(value);
    }

    @Override
    public void text(byte[] source, int from, int length) {
        add(Utf8.text(source, from, length));
    }

    @Override
    public void bytes(byte[] source, int from, int length) {
        add(Arrays.copyOfRange(source, from, from + length));
    }

    @Override
    public void moment(Instant value) {
        add(value);
    }
}
