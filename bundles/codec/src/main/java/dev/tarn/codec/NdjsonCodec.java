// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import dev.tarn.api.codec.Codec;
import dev.tarn.api.data.Failure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * A list as lines of JSON, one element a line; lines without anything are passed over. A value that is no list is one
 * line. Safe on any thread, never blocks.
 */
@Component(service = Codec.class, configurationPid = "dev.tarn.codec", property = "name=ndjson")
public final class NdjsonCodec implements Codec {

    private static final Set<String> MEDIA_TYPES =
            Types.ordered("application/x-ndjson", "application/ndjson", "application/jsonl");

    private final JsonCodec json;
    private final Limits limits;

    /** The codec as the framework makes it. */
    @Activate
    public NdjsonCodec(Limits.Config config) {
        this(Limits.of(config));
    }

    /** The codec with the default limits. */
    public NdjsonCodec() {
        this(Limits.DEFAULT);
    }

    NdjsonCodec(Limits limits) {
        this.limits = limits;
        this.json = new JsonCodec(limits);
    }

    @Override
    public Set<String> mediaTypes() {
        return MEDIA_TYPES;
    }

    @Override
    public List<@Nullable Object> decode(byte[] bytes) {
        limits.checkSize(bytes);
        List<@Nullable Object> list = new ArrayList<>();
        int number = 0;
        int left = limits.elements();
        for (int from = 0; from < bytes.length; ) {
            number++;
            int to = from;
            boolean blank = true;
            while (to < bytes.length && bytes[to] != '\n') {
                blank &= bytes[to] == ' ' || bytes[to] == '\t' || bytes[to] == '\r';
                to++;
            }
            if (!blank) {
                ValueSink sink = new ValueSink();
                left = line(Arrays.copyOfRange(bytes, from, to), number, sink, left);
                list.add(sink.value());
            }
            from = to + 1;
        }
        return list;
    }

    private int line(byte[] line, int number, ValueSink sink, int left) {
        try {
            return json.read(line, sink, left);
        } catch (Failure failure) {
            throw new Failure(failure.code(), "in line " + number + " of the list: " + failure.reason());
        }
    }

    @Override
    public byte[] encode(@Nullable Object value) {
        Output out = new Output(256);
        for (Object element : value instanceof Collection<?> list ? list : Collections.singletonList(value)) {
            byte[] line = json.encode(element);
            out.put(line, 0, line.length);
            out.put('\n');
        }
        return out.toByteArray();
    }
}
