// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.codec.Codec;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Bodies that are never read in another format, for work on a store without codecs. */
final class RawBodies implements Bodies {

    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Raw(String mediaType, byte[] bytes, boolean structured) implements Body {
        @Override
        public Body as(String wanted) {
            if (wanted.equals(mediaType)) {
                return this;
            }
            throw unsupported();
        }

        @Override
        public @Nullable Object value() {
            throw unsupported();
        }
    }

    private static Failure unsupported() {
        return new Failure(Failure.Code.UNSUPPORTED, "there are no codecs here");
    }

    @Override
    public Body opaque(String mediaType, byte[] bytes) {
        return new Raw(mediaType, bytes, false);
    }

    @Override
    public Body structured(String mediaType, byte[] bytes) {
        return new Raw(mediaType, bytes, true);
    }

    @Override
    public Body of(@Nullable Object value) {
        throw unsupported();
    }

    @Override
    public Optional<Codec> codec(String mediaType) {
        return Optional.empty();
    }

    @Override
    public Set<String> mediaTypes() {
        return Set.of();
    }
}
