// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.buffer.ByteBuf;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The body of an answer while it is sent in chunks. Confined to the loop. */
final class Streaming implements HttpExchange.HttpStream {
    private final Carrier carrier;
    private final boolean toHead;
    private final Runnable ended;
    private final Supplier<Stay> stays;
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private @Nullable Runnable onWritable;
    private @Nullable Runnable onClosing;
    private @Nullable Stay stay;
    private boolean asked;
    private boolean over;

    /** @param stays begins the stay of whom it is for, where it may last */
    Streaming(Carrier carrier, boolean toHead, Runnable ended, Supplier<Stay> stays) {
        this.stays = stays;
        this.carrier = carrier;
        this.toHead = toHead;
        this.ended = ended;
    }

    @Override
    public void write(ByteBuf bytes) {
        if (over || toHead || !bytes.isReadable()) {
            bytes.release();
        } else {
            carrier.write(bytes);
        }
    }

    @Override
    public void flush() {
        if (!over) {
            carrier.flush();
        }
    }

    @Override
    public boolean writable() {
        return over || carrier.writable();
    }

    @Override
    public void onWritable(Runnable again) {
        onWritable = again;
    }

    @Override
    public void onClosing(Runnable soon) {
        onClosing = soon;
        if (asked) {
            askToEnd();
        } else if (stay == null && !over) {
            // Who wants to hear of the end means to go on until then.
            stay = stays.get();
        }
    }

    @Override
    public void finish() {
        if (over) {
            return;
        }
        over = true;
        leave();
        carrier.end();
        closed.complete(null);
        ended.run();
    }

    @Override
    public void abort() {
        if (!over) {
            carrier.abort();
        }
    }

    @Override
    public CompletionStage<Void> closed() {
        return closed;
    }

    void becameWritable() {
        if (onWritable != null && !over) {
            onWritable.run();
        }
    }

    void askToEnd() {
        asked = true;
        Runnable soon = onClosing;
        onClosing = null;
        if (soon != null && !over) {
            soon.run();
        }
    }

    private void leave() {
        if (stay != null) {
            stay.end();
        }
    }

    void peerGone() {
        over = true;
        leave();
        closed.complete(null);
    }
}
