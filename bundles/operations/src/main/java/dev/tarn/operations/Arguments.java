// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import dev.tarn.api.data.Failure;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;

/** What an operation is given. */
record Arguments(Map<String, Object> values) {

    /** A text that must be there. Fails with MALFORMED. */
    String text(String name) {
        if (values.get(name) instanceof String text && !text.isBlank()) {
            return text;
        }
        throw new Failure(Failure.Code.MALFORMED, "the property '" + name + "' is missing, a text");
    }

    /** Whether it is said; texts are what the command line sends. */
    boolean said(String name) {
        return String.valueOf(values.get(name)).equals("true");
    }

    /** Bytes, or base64 in formats that have no bytes. Fails with MALFORMED. */
    Optional<byte[]> bytes(String name) {
        Object value = values.get(name);
        if (value instanceof byte[] bytes) {
            return Optional.of(bytes);
        } else if (value instanceof String base64) {
            try {
                return Optional.of(Base64.getDecoder().decode(base64));
            } catch (IllegalArgumentException malformed) {
                throw new Failure(Failure.Code.MALFORMED, "the property '" + name + "' is not base64");
            }
        }
        return Optional.empty();
    }
}
