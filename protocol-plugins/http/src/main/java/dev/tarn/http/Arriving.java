// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import dev.tarn.api.data.Content;
import dev.tarn.api.data.Path;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.store.Upload;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request body that may be too long to be held: it is collected until it is longer than {@code most}, and from then on goes into
 * the store as it comes, as fast as the store takes it. Confined to the exchange's loop.
 */
final class Arriving {

    private static final CompletableFuture<Void> GO_ON = CompletableFuture.completedFuture(null);

    private final Resources resources;
    private final Call call;
    private final Path path;
    private final int most;
    private final long declared;

    private byte[] held = new byte[0];
    private int length;
    private @Nullable Upload upload;

    /**
     * @param path where it is to be put
     * @param most bytes that are held
     * @param declared how many there are, or -1
     */
    Arriving(Resources resources, Call call, Path path, int most, long declared) {
        this.resources = resources;
        this.call = call;
        this.path = path;
        this.most = most;
        this.declared = declared;
    }

    /**
     * Reads it, and gives it to one of two; the latter closes what it gets when the content is in a row, or will never be.
     *
     * @param mediaType of the content
     */
    void read(String mediaType, Consumer<byte[]> whole, BiConsumer<Content, Upload> content) {
        CompletionStage<Void> read = declared > most
                ? begin().thenCompose(ready -> call.exchange().body(Long.MAX_VALUE, this::take))
                : call.exchange().body(Long.MAX_VALUE, this::take);
        call.then(
                read,
                done -> {
                    Upload begun = upload;
                    if (begun == null) {
                        whole.accept(length == held.length ? held : Arrays.copyOf(held, length));
                    } else {
                        call.then(begun.finish(mediaType), all -> content.accept(all, begun), this::failed);
                    }
                },
                this::failed);
    }

    /** On the loop, since the store's door answers on the caller's thread. */
    private CompletionStage<Void> begin() {
        return resources.receive(call.exchange().context(), path, declared).thenAccept(begun -> upload = begun);
    }

    private CompletionStage<Void> take(ByteBuf piece) {
        Upload begun = upload;
        if (begun != null) {
            return begun.add(piece.nioBuffer());
        }
        int needed = length + piece.readableBytes();
        if (needed <= most) {
            if (needed > held.length) {
                long doubled = Math.max(needed, Math.min(most, 2L * held.length));
                held = Arrays.copyOf(held, (int) (declared > 0 ? Math.max(needed, Math.min(declared, most)) : doubled));
            }
            piece.getBytes(piece.readerIndex(), held, length, piece.readableBytes());
            length = needed;
            return GO_ON;
        }
        return begin().thenCompose(ready -> {
            Upload store = Objects.requireNonNull(upload);
            byte[] first = held;
            held = new byte[0];
            byte[] rest = ByteBufUtil.getBytes(piece);
            return store.add(ByteBuffer.wrap(first, 0, length)).thenCompose(taken -> store.add(ByteBuffer.wrap(rest)));
        });
    }

    private void failed(Throwable failure) {
        Upload begun = upload;
        if (begun != null) {
            begun.close();
        }
        call.exchange().fail(failure);
    }
}
