// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Content;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a row or a log entry says about a content beside it.
 *
 * @param name the attribute that has the reference, or {@link Content#WHOLE}
 * @param number of its chunks
 * @param bytes what is not in chunks yet; null for all that is
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record KeptContent(String name, long number, long length, String mediaType, byte @Nullable [] bytes) {

    static void write(ByteWriter out, List<KeptContent> contents) {
        out.varint(contents.size());
        for (KeptContent each : contents) {
            out.text(each.name);
            out.varint(each.number);
            out.varint(each.length);
            out.text(each.mediaType);
        }
    }

    static List<KeptContent> read(ByteReader in) {
        int count = in.count();
        List<KeptContent> contents = new ArrayList<>(Math.min(count, 16));
        for (int i = 0; i < count; i++) {
            contents.add(new KeptContent(in.text(), in.varint(), in.varint(), in.text(), null));
        }
        return contents;
    }
}
