// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Content;
import dev.tarn.api.data.Failure;
import org.apache.qpid.protonj2.buffer.ProtonBuffer;
import org.apache.qpid.protonj2.engine.OutgoingDelivery;
import org.apache.qpid.protonj2.engine.Sender;
import org.jspecify.annotations.Nullable;

/** The delivery that a link is writing, as far as the session's window and the disk allow. For the connection's loop. */
final class Shipment {

    /** More bytes than what precedes a content usually takes. */
    private static final int HEAD = 8_192;

    /** What became of it when it was written on. */
    enum State {
        /** Some of it has been written, and more may be at once. */
        WRITING,
        /** More of it is still on the disk. */
        WAITING,
        /** All of it has been written. */
        DONE,
        /** It cannot be read any more, and was aborted. */
        BROKEN
    }

    private final Line line;
    private final Sender link;
    private final Format format;

    /** Called when more of it has come from the disk. */
    private final Runnable goOn;

    private @Nullable OutgoingDelivery current;
    private @Nullable ProtonBuffer rest;
    private @Nullable Departure departure;

    Shipment(Line line, Sender link, Format format, Runnable goOn) {
        this.line = line;
        this.link = link;
        this.format = format;
        this.goOn = goOn;
    }

    /** Whether nothing is being written. */
    boolean over() {
        return current == null;
    }

    /** Begins another one. */
    void begin(OutgoingDelivery delivery, Parcel parcel) {
        current = delivery;
        rest = Codec.buffer(message(parcel));
    }

    /** A message, or as much of it as precedes a content that is streamed. */
    private byte[] message(Parcel next) {
        Content content = next.referred() || next.left() ? null : Publication.content(next.change(), format);
        long most = link.getRemoteMaxMessageSize() == null
                ? 0
                : link.getRemoteMaxMessageSize().longValue();
        if (content != null && (most <= 0 || content.length() + HEAD < most)) {
            try {
                departure = new Departure(line, content, content.open(), goOn);
                return Publication.head(next, content, line.codec());
            } catch (Failure gone) {
                // Another one has taken its place, which will be told as well.
                departure = null;
            }
        }
        return next.left()
                ? Publication.leave(next, line.codec())
                : Publication.of(next.change(), next.topic(), format, line.codec(), next.failures());
    }

    /** Writes as much as the session's window takes. */
    State write() {
        OutgoingDelivery delivery = current;
        ProtonBuffer bytes = rest;
        if (delivery == null || bytes == null) {
            return State.DONE;
        }
        Departure streamed = departure;
        boolean last = streamed == null || streamed.done();
        if (bytes.isReadable()) {
            delivery.streamBytes(bytes, last);
        }
        if (bytes.isReadable()) {
            return State.WRITING;
        }
        if (streamed != null && !last) {
            return piece(delivery, streamed);
        }
        close();
        return State.DONE;
    }

    private State piece(OutgoingDelivery delivery, Departure streamed) {
        byte[] piece = streamed.take();
        if (piece != null) {
            rest = Codec.buffer(piece);
            return State.WRITING;
        }
        if (!streamed.broken()) {
            return State.WAITING;
        }
        close();
        delivery.setLinkedResource(null);
        delivery.abort();
        return State.BROKEN;
    }

    /** Writes nothing more of it. */
    void close() {
        current = null;
        rest = null;
        Departure streamed = departure;
        departure = null;
        if (streamed != null) {
            streamed.close();
        }
    }
}
