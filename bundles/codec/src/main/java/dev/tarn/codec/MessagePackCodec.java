// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.codec.Codec;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * MessagePack with text keys only and the timestamp extension. It has no decimals and no whole numbers beyond 64 bits:
 * {@link MessagePackWriter} says what becomes of them. Safe on any thread, never blocks.
 */
@Component(service = Codec.class, configurationPid = "dev.tarn.codec", property = "name=msgpack")
public final class MessagePackCodec extends Format {

    private static final Set<String> MEDIA_TYPES =
            Types.ordered(Bodies.MSGPACK, "application/msgpack", "application/vnd.msgpack");

    /** The codec as the framework makes it. */
    @Activate
    public MessagePackCodec(Limits.Config config) {
        this(Limits.of(config));
    }

    /** The codec with the default limits. */
    public MessagePackCodec() {
        this(Limits.DEFAULT);
    }

    MessagePackCodec(Limits limits) {
        super(limits);
    }

    @Override
    public Set<String> mediaTypes() {
        return MEDIA_TYPES;
    }

    @Override
    void read(byte[] bytes, Sink sink) {
        new MessagePackReader(bytes, limits, sink).read();
    }

    @Override
    Writer writer(int expected) {
        return new MessagePackWriter(expected);
    }
}
