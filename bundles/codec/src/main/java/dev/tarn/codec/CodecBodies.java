// SPDX-License-Identifier: Apache-2.0
package dev.tarn.codec;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.codec.Codec;
import dev.tarn.api.data.Body;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * Makes bodies that know every codec there is: JSON, CBOR and MessagePack, which this bundle brings and waits for, and any
 * that come and go as services. Where two codecs have one media type, the first to come keeps it. Safe on any thread.
 */
@Component(service = Bodies.class)
public final class CodecBodies implements Bodies {

    private record Known(List<Codec> codecs, Map<String, Codec> byType) {
        static Known of(List<Codec> codecs) {
            Map<String, Codec> byType = new LinkedHashMap<>();
            for (Codec codec : codecs) {
                for (String mediaType : codec.mediaTypes()) {
                    byType.putIfAbsent(mediaType, codec);
                }
            }
            return new Known(List.copyOf(codecs), byType);
        }
    }

    private final AtomicReference<Known> known;

    /** Bodies as the framework makes them. */
    @Activate
    public CodecBodies(
            @Reference(target = "(name=json)") Codec json,
            @Reference(target = "(name=cbor)") Codec cbor,
            @Reference(target = "(name=msgpack)") Codec messagePack) {
        this(List.of(json, cbor, messagePack));
    }

    /** Bodies with these codecs and those that are added. */
    public CodecBodies(List<Codec> codecs) {
        known = new AtomicReference<>(Known.of(codecs));
    }

    /** Bodies with every format of this bundle under the default limits. */
    public static CodecBodies standard() {
        return new CodecBodies(List.of(
                new JsonCodec(),
                new CborCodec(),
                new MessagePackCodec(),
                new NdjsonCodec(),
                new CsvCodec(),
                new FormCodec()));
    }

    /** Takes in one more format; called by the framework whenever one comes. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addCodec(Codec codec) {
        known.updateAndGet(before -> {
            if (before.codecs.contains(codec)) {
                return before;
            }
            List<Codec> codecs = new ArrayList<>(before.codecs);
            codecs.add(codec);
            return Known.of(codecs);
        });
    }

    /** Forgets a format; bodies that were written in it already keep that form. */
    public void removeCodec(Codec codec) {
        known.updateAndGet(before -> {
            List<Codec> codecs = new ArrayList<>(before.codecs);
            codecs.remove(codec);
            return Known.of(codecs);
        });
    }

    @Override
    public Body opaque(String mediaType, byte[] bytes) {
        return CodecBody.of(this, mediaType, bytes, false);
    }

    @Override
    public Body structured(String mediaType, byte[] bytes) {
        return CodecBody.of(this, mediaType, bytes, true);
    }

    @Override
    public Body of(@Nullable Object value) {
        return CodecBody.of(this, value);
    }

    @Override
    public Optional<Codec> codec(String mediaType) {
        return Optional.ofNullable(find(Types.essence(mediaType)));
    }

    @Nullable
    Codec find(String essence) {
        Map<String, Codec> byType = byType();
        Codec exact = byType.get(essence);
        return exact != null ? exact : byType.get(Types.syntax(essence));
    }

    @Override
    public Set<String> mediaTypes() {
        return new LinkedHashSet<>(byType().keySet());
    }

    private Map<String, Codec> byType() {
        return Objects.requireNonNull(known.get(), "never null").byType;
    }
}
