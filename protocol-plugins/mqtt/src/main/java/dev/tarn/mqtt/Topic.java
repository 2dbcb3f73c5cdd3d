// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Path;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** A topic name of a client: its UTF-8, and the path that it is. Immutable. */
final class Topic {

    private final byte[] bytes;
    private final ByteBuf buffer;
    private final Path path;

    private Topic(byte[] bytes, Path path) {
        this.bytes = bytes;
        this.buffer = Unpooled.wrappedBuffer(bytes);
        this.path = path;
    }

    /** Takes the bytes over. [MQTT-4.7.3-4] */
    static Topic of(byte[] utf8, Path path) {
        return new Topic(utf8, path);
    }

    /** The UTF-8, not to be changed. */
    byte[] bytes() {
        return bytes;
    }

    /** The same bytes, for comparing; on the heap, never released, its indexes not to be moved. */
    ByteBuf buffer() {
        return buffer;
    }

    Path path() {
        return path;
    }

    @Override
    public String toString() {
        return path.text();
    }
}
