// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import dev.tarn.api.data.Failure;
import io.netty.buffer.ByteBuf;
import io.netty.util.internal.EmptyArrays;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The body of one request: not read before somebody asks for it, then collected up to a limit, handed on piece by piece, or
 * passed over when the answer is ready without it. Confined to the loop.
 */
final class RequestBody {
    /** A rest up to this size is read and thrown away to keep the connection; beyond it the connection is closed. */
    private static final int WORTH_READING = 64 << 10;

    private static final int FIRST = 64 << 10;

    private final Carrier carrier;
    private final long declared;
    private boolean awaitsContinue;
    private boolean complete;
    private boolean late;
    private boolean wanted;
    private long limit;
    private byte[] bytes = EmptyArrays.EMPTY_BYTES;
    private long length;
    private @Nullable Failure broken;

    /** What waits for the body, collected or handed on; done when it no longer does. */
    private @Nullable CompletableFuture<byte[]> whole;

    /** Takes pieces; null when the body is collected. */
    private @Nullable Function<ByteBuf, CompletionStage<Void>> take;

    /** While the taker is not ready for more: whether what it has is the last. */
    private boolean ended;

    private @Nullable Runnable passedOver;

    /**
     * @param declared Content-Length, 0 for no body, -1 when it is chunked
     * @param awaitsContinue whether the client waits for 100 Continue before it sends it
     */
    RequestBody(Carrier carrier, long declared, boolean awaitsContinue) {
        this.carrier = carrier;
        this.declared = declared;
        this.awaitsContinue = awaitsContinue;
        this.complete = declared == 0;
    }

    /** See {@link HttpExchange#body}. */
    CompletionStage<byte[]> read(int most) {
        return begin(Math.min(most, carrier.http().limits().body()));
    }

    /** See {@link HttpExchange#body(long, Function)}. */
    CompletionStage<Void> read(long most, Function<ByteBuf, CompletionStage<Void>> taker) {
        take = taker;
        return begin(most).thenAccept(nothing -> {});
    }

    private CompletionStage<byte[]> begin(long most) {
        if (wanted) {
            throw new IllegalStateException("the body was asked for twice");
        }
        wanted = true;
        limit = most;
        if (broken != null) {
            return CompletableFuture.failedStage(broken);
        } else if (complete) {
            return CompletableFuture.completedStage(bytes);
        } else if (declared > limit) {
            return CompletableFuture.failedStage(tooLarge());
        }
        CompletableFuture<byte[]> reading = new CompletableFuture<>();
        whole = reading;
        if (awaitsContinue) {
            awaitsContinue = false;
            carrier.sendContinue();
        }
        carrier.readBody();
        return reading;
    }

    private Failure tooLarge() {
        return new Failure(Failure.Code.TOO_LARGE, "the request body is larger than " + limit + " bytes");
    }

    /** Takes the next bytes; copies them. */
    void add(ByteBuf content, boolean last) {
        int more = content.readableBytes();
        if (passedOver != null) {
            length += more;
            if (last) {
                complete = true;
                carrier.holdBody();
                passedOver.run();
            } else if (length > WORTH_READING) {
                carrier.abort();
            }
            return;
        }
        if (whole == null || whole.isDone()) {
            return;
        }
        if (length + more > limit) {
            carrier.holdBody();
            whole.completeExceptionally(tooLarge());
            return;
        }
        if (take != null) {
            hand(take, content, last);
            return;
        }
        grow(Math.toIntExact(length + more));
        content.readBytes(bytes, (int) length, more);
        length += more;
        if (!last) {
            carrier.bodyProgress(more, true);
            return;
        }
        complete = true;
        carrier.holdBody();
        whole.complete(length == bytes.length ? bytes : Arrays.copyOf(bytes, (int) length));
    }

    /** Hands a piece on, and reads no further until it has been taken. */
    private void hand(Function<ByteBuf, CompletionStage<Void>> taker, ByteBuf content, boolean last) {
        int more = content.readableBytes();
        length += more;
        ended = last;
        CompletableFuture<Void> taken;
        try {
            taken = taker.apply(content).toCompletableFuture();
        } catch (RuntimeException thrown) {
            taken = CompletableFuture.failedFuture(thrown);
        }
        if (!last && taken.isDone() && !taken.isCompletedExceptionally()) {
            carrier.bodyProgress(more, false);
            return;
        }
        carrier.holdBody();
        taken.whenComplete((done, failure) -> {
            if (carrier.channel().eventLoop().inEventLoop()) {
                taken(failure);
            } else {
                carrier.channel().eventLoop().execute(() -> taken(failure));
            }
        });
    }

    private void taken(@Nullable Throwable failure) {
        CompletableFuture<byte[]> reading = whole;
        if (reading == null || reading.isDone()) {
            return;
        }
        complete = ended;
        if (failure != null) {
            reading.completeExceptionally(failure);
        } else if (ended) {
            reading.complete(EmptyArrays.EMPTY_BYTES);
        } else {
            carrier.readBody();
        }
    }

    /** Never trusts a declared length beyond what a first allocation may cost. */
    private void grow(int needed) {
        if (needed > bytes.length) {
            long doubled = Math.max(needed, Math.max(2L * bytes.length, declared > 0 ? FIRST : 0));
            long most = declared > 0 ? declared : limit;
            bytes = Arrays.copyOf(bytes, (int) Math.max(needed, Math.min(doubled, most)));
        }
    }

    /** It will not come whole. */
    void fail(Failure why) {
        if (complete || broken != null) {
            return;
        }
        broken = why;
        carrier.holdBody();
        if (passedOver != null) {
            carrier.abort();
        } else if (whole != null) {
            whole.completeExceptionally(why);
        }
    }

    /** Its time is over. */
    void late() {
        late = true;
        fail(new Failure(Failure.Code.MALFORMED, "the request body did not arrive in time"));
    }

    boolean timedOut() {
        return late;
    }

    boolean complete() {
        return complete;
    }

    /** Whether the connection can go on after an answer that did not need the body. */
    boolean canPassOver() {
        return complete
                || (broken == null
                        && !awaitsContinue
                        && declared >= 0
                        && declared - length <= WORTH_READING
                        && (whole == null || !whole.isDone()));
    }

    /** Reads the rest and throws it away, then goes on. */
    void passOver(Runnable then) {
        length = 0;
        bytes = EmptyArrays.EMPTY_BYTES;
        passedOver = then;
        carrier.readBody();
    }
}
