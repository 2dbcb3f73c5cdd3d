// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Failure;
import dev.tarn.api.store.Upload;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.apache.qpid.protonj2.buffer.ProtonBuffer;
import org.apache.qpid.protonj2.engine.IncomingDelivery;
import org.apache.qpid.protonj2.types.transport.AmqpError;
import org.jspecify.annotations.Nullable;

/**
 * One message on its way into the store: a put of more bytes than are held. They are taken from the delivery when the store has
 * room for them; while there are too many, nothing more is read from the connection. For the connection's loop.
 */
final class Arrival {

    private final Line line;
    private final IncomingDelivery delivery;
    private final Request request;
    private final Consumer<@Nullable Throwable> over;
    private final DataReader data = new DataReader();
    private @Nullable Upload upload;
    private @Nullable Throwable failure;

    /** Bytes that the line was told of. */
    private int held;

    /** Bytes that the store was given and has not taken yet. */
    private int given;

    /** Whether the store has not taken yet what it was given. */
    private boolean busy = true;

    /** Whether all of it is there, or nobody wants it any more. */
    private boolean ended;

    /**
     * @param request with the body still to come
     * @param over gets what has failed, or null, once the row is safe or will never be
     */
    Arrival(Line line, IncomingDelivery delivery, Request request, Consumer<@Nullable Throwable> over) {
        this.line = line;
        this.delivery = delivery;
        this.request = request;
        this.over = over;
    }

    /** @param first data sections as far as they have come */
    void begin(byte[] first) {
        on(line.broker().resources().receive(line.context(), request.path(), -1), (begun, failed) -> {
            if (ended && begun != null) {
                begun.close();
                return;
            }
            upload = begun;
            line.later(() -> {
                if (begun == null) {
                    fail(failed);
                } else {
                    add(first);
                }
                more();
            });
        });
    }

    boolean of(IncomingDelivery other) {
        return delivery == other && !ended;
    }

    /** Goes on, if the store has room. */
    void more() {
        pass();
        count();
    }

    private void count() {
        int now = ended ? 0 : given + delivery.available();
        int more = now - held;
        held = now;
        if (more != 0) {
            line.waiting(more);
        }
    }

    private void pass() {
        while (!busy && !ended) {
            ProtonBuffer bytes = delivery.readAll();
            if (bytes != null && failure == null) {
                add(Codec.bytes(bytes));
            } else if (delivery.isPartial() && !tooLarge()) {
                return;
            } else {
                end();
            }
        }
    }

    private boolean tooLarge() {
        return failure instanceof Failure refused && refused.code() == Failure.Code.TOO_LARGE;
    }

    private void add(byte[] piece) {
        Upload into = upload;
        ByteBuffer bytes;
        try {
            bytes = data.take(piece);
        } catch (Refusal refused) {
            fail(refused);
            return;
        }
        if (into == null || !bytes.hasRemaining()) {
            busy = false;
            return;
        }
        busy = true;
        given = bytes.remaining();
        on(into.add(bytes), (added, failed) -> {
            if (!ended) {
                line.later(() -> {
                    busy = false;
                    given = 0;
                    if (failed != null) {
                        fail(failed);
                    }
                    more();
                });
            }
        });
    }

    /** The rest of it is read and thrown away, so that the link can go on. */
    private void fail(@Nullable Throwable why) {
        Throwable cause = why instanceof CompletionException && why.getCause() != null ? why.getCause() : why;
        failure = cause == null ? new IllegalStateException("neither taken nor refused") : cause;
        busy = false;
        given = 0;
        letGo();
    }

    private void end() {
        ended = true;
        line.streaming(this, false);
        Upload from = upload;
        if (failure == null && !data.whole()) {
            failure = new Refusal(AmqpError.DECODE_ERROR, "a message that ends within a section");
        }
        if (failure != null || from == null) {
            letGo();
            over.accept(failure);
            return;
        }
        // What comes after it on this connection is done after it.
        line.hold();
        upload = null;
        count();
        String type = Streams.type(request);
        on(from.finish(type), (content, failed) -> {
            CompletionStage<?> put = content == null
                    ? java.util.concurrent.CompletableFuture.failedFuture(failed)
                    : line.broker().streams().put(line.context(), request, content);
            on(
                    put.whenComplete((done, refused) -> from.close()),
                    (done, refused) -> line.later(() -> over.accept(refused)));
            line.later(line::goOn);
        });
    }

    /** Nobody wants it any more; what the row had, it has. */
    void close() {
        if (!ended) {
            ended = true;
            line.streaming(this, false);
            letGo();
            count();
        }
    }

    private void letGo() {
        Upload open = upload;
        upload = null;
        if (open != null) {
            open.close();
        }
    }

    /** Goes on on the loop, whether or not the connection is still there. */
    private <T> void on(CompletionStage<T> stage, BiConsumer<@Nullable T, @Nullable Throwable> then) {
        stage.whenComplete((value, failed) -> line.channel().eventLoop().execute(() -> then.accept(value, failed)));
    }
}
