// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.codec.Codec;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** CBOR as RFC 8949 has it, with text keys only. Safe on any thread, never blocks. */
@Component(service = Codec.class, configurationPid = "dev.tarn.codec", property = "name=cbor")
public final class CborCodec extends Format {

    private static final Set<String> MEDIA_TYPES = Types.ordered(Bodies.CBOR);

    /** The codec as the framework makes it. */
    @Activate
    public CborCodec(Limits.Config config) {
        this(Limits.of(config));
    }

    /** The codec with the default limits. */
    public CborCodec() {
        this(Limits.DEFAULT);
    }

    CborCodec(Limits limits) {
        super(limits);
    }

    @Override
    public Set<String> mediaTypes() {
        return MEDIA_TYPES;
    }

    @Override
    void read(byte[] bytes, Sink sink) {
        new CborReader(bytes, limits, sink).read();
    }

    @Override
    Writer writer(int expected) {
        return new CborWriter(expected);
    }
}
