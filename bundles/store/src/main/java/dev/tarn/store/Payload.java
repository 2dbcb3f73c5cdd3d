// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import java.util.List;

/**
 * What a row and its log entry have in common: attributes and body in their stored form.
 *
 * @param form how the body is kept, one of the constants of {@link PayloadFormat}
 * @param bytes attribute block and body, or where the body's chunks are
 * @param chunked the number of the chunks; 0 when the body is in {@code bytes}
 * @param content the body's content when it is chunked, not a copy; else empty
 * @param contents what is beside the row
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record Payload(int form, byte[] bytes, long chunked, byte[] content, List<KeptContent> contents) {

    /** With nothing beside it. */
    Payload(int form, byte[] bytes, long chunked, byte[] content) {
        this(form, bytes, chunked, content, List.of());
    }

    Payload with(List<KeptContent> beside) {
        return new Payload(form, bytes, chunked, content, beside);
    }
}
