// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.data;

import java.util.Arrays;

/** A content in memory. */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
record HeldContent(String mediaType, byte[] bytes) implements Content {

    @Override
    public long length() {
        return bytes.length;
    }

    @Override
    public Reader open() {
        return new Reader() {
            @Override
            public byte[] read(long from, int most) {
                int start = (int) Math.min(bytes.length, Math.max(0, from));
                return Arrays.copyOfRange(bytes, start, start + Math.min(most, bytes.length - start));
            }

            @Override
            public void close() {
                // There is nothing to let go.
            }
        };
    }
}
