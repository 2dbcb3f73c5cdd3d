// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.codec;

import dev.tarn.api.data.Body;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;

/** Makes bodies that know every installed {@link Codec}. Safe on any thread. */
@ProviderType
public interface Bodies {
    String JSON = "application/json";
    String CBOR = "application/cbor";
    String MSGPACK = "application/x-msgpack";

    /** A body that is these bytes and may be parsed when somebody asks for another format. The bytes are not copied. */
    Body opaque(String mediaType, byte[] bytes);

    /** A structured body that arrived or is stored in this format. The bytes are not copied, and not yet checked. */
    Body structured(String mediaType, byte[] bytes);

    /** A structured body with this value; see {@link Codec} for what values are. */
    Body of(@Nullable Object value);

    /** The codec for a media type, parameters ignored, {@code +json} and {@code +cbor} suffixes understood. */
    Optional<Codec> codec(String mediaType);

    /** Every media type that some codec reads and writes. */
    Set<String> mediaTypes();
}
