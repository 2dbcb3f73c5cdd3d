// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.tarn.api.codec.Bodies;
import dev.tarn.api.codec.Codec;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.metatype.annotations.Designate;

/**
 * JSON as RFC 8259 and I-JSON (RFC 7493) have it: strict UTF-8, no duplicate keys, no lone surrogates. Byte strings are
 * written as base64, moments as ISO 8601. Safe on any thread, never blocks.
 */
@Component(service = Codec.class, configurationPid = "dev.tarn.codec", property = "name=json")
@Designate(ocd = Limits.Config.class)
public final class JsonCodec extends Format {

    private static final Set<String> MEDIA_TYPES = Types.ordered(Bodies.JSON, "text/json");

    private final JsonFactory factory;

    /** The codec as the framework makes it. */
    @Activate
    public JsonCodec(Limits.Config config) {
        this(Limits.of(config));
    }

    /** The codec with the default limits. */
    public JsonCodec() {
        this(Limits.DEFAULT);
    }

    JsonCodec(Limits limits) {
        super(limits);
        this.factory = new JsonFactoryBuilder()
                // Interned names would stay for ever, and clients choose them.
                .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                .disable(JsonFactory.Feature.FAIL_ON_SYMBOL_HASH_OVERFLOW)
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(limits.depth())
                        .maxNumberLength(limits.digits() + 16)
                        .maxStringLength(limits.text())
                        .maxNameLength(limits.key())
                        .build())
                .build();
    }

    @Override
    public Set<String> mediaTypes() {
        return MEDIA_TYPES;
    }

    @Override
    void read(byte[] bytes, Sink sink) {
        new JsonReader(bytes, limits, sink).read(factory, limits.elements());
    }

    /** Reads one document of several and returns how many more values the rest of them may have. */
    int read(byte[] bytes, Sink sink, int elementsLeft) {
        return new JsonReader(bytes, limits, sink).read(factory, elementsLeft);
    }

    @Override
    Writer writer(int expected) {
        return new JsonWriter(expected);
    }
}
