// SPDX-License-Identifier: Apache-2.0
package dev.tarn.websocket;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.Delivery;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscriber;
import dev.tarn.api.resource.Subscription;
import dev.tarn.transport.Credit;
import dev.tarn.transport.Envelope;
import dev.tarn.transport.Envelope.Format;
import dev.tarn.transport.SharedBudget;
import dev.tarn.transport.Traffic;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a client watches, as messages on its socket. On the connection's loop. */
final class RowFeed implements Subscriber {

    /**
     * What a subscription was made for.
     *
     * @param paths whether its rows carry their path
     * @param ref what the client calls it, or null
     * @param marked whether the client is told that the current rows are complete
     */
    private record Tag(
            boolean paths,
            @Nullable Object ref,
            boolean marked,
            @Nullable String query) {}

    /** What is to be watched. */
    record Wish(Filter filter, Start start, Interest interest) {}

    private final ChannelHandlerContext socket;
    private final Envelope envelope;
    private final Frames frames;
    private final SharedBudget budget;
    private final Credit credit;
    private final Mailbox mailbox;
    private final List<Subscription> subscriptions = new ArrayList<>();
    private boolean closed;

    /** The last change delivered as it happened; may be past what the current rows were read at. */
    private long newest;

    RowFeed(
            ChannelHandlerContext socket,
            Context context,
            Resources resources,
            Envelope envelope,
            Frames frames,
            SharedBudget budget) {
        this.socket = socket;
        this.envelope = envelope;
        this.frames = frames;
        this.budget = budget;
        this.credit = new Credit(budget::each);
        this.mailbox = resources.mailbox(context, socket.channel().eventLoop(), this);
        budget.enter();
    }

    /**
     * Watches what a filter covers; the same filter again begins anew.
     *
     * @throws Failure when that is refused
     */
    void subscribe(Wish wish, boolean paths, @Nullable Object ref, boolean marked) {
        Filter filter = wish.filter();
        Start start = wish.start();
        Tag tag = new Tag(paths, ref, marked, wish.interest().query());
        for (Subscription subscription : subscriptions) {
            if (same(subscription, filter, wish.interest().query())
                    && (start.from() == Start.From.CURRENT || start.from() == Start.From.LIVE)) {
                subscription.renew(start, wish.interest(), tag);
                return;
            }
        }
        unsubscribe(filter, wish.interest().query());
        Subscription made = mailbox.subscribe(filter, start, wish.interest(), tag);
        subscriptions.add(made);
        if (start.from() == Start.From.LIVE) {
            long settled = made.settled();
            // After the answer to the request, which is sent when this method has returned.
            socket.executor().execute(() -> current(made, settled));
        }
    }

    /** Whether there was such a subscription; it is over now. */
    boolean unsubscribe(Filter filter, @Nullable String query) {
        return subscriptions.removeIf(subscription -> {
            boolean same = same(subscription, filter, query);
            if (same) {
                subscription.cancel();
            }
            return same;
        });
    }

    private static boolean same(Subscription subscription, Filter filter, @Nullable String query) {
        return subscription.filter().equals(filter)
                && subscription.tag() instanceof Tag tag
                && Objects.equals(tag.query(), query);
    }

    /** Asks for more as far as the socket has room. */
    void request() {
        if (!closed && socket.channel().isWritable()) {
            long more = credit.more();
            if (more > 0) {
                mailbox.request(more);
            }
        }
    }

    void close() {
        if (!closed) {
            closed = true;
            budget.leave();
            mailbox.close();
        }
    }

    @Override
    public void deliver(List<Delivery> batch) {
        Format format = frames.format();
        ByteBuf payload = socket.alloc().buffer();
        ByteBuf out = socket.alloc().buffer();
        try {
            for (Delivery delivery : batch) {
                Change change = delivery.change();
                if (!delivery.current()) {
                    newest = Math.max(newest, change.sequence());
                }
                payload.clear();
                Tag query = query(delivery);
                if (query == null) {
                    envelope.write(payload, change, format, path(delivery), delivery.resume());
                } else {
                    envelope.write(payload, delivery, format, path(delivery), delivery.resume(), query.ref());
                }
                frames.write(out, payload);
            }
        } catch (RuntimeException | Error bug) {
            out.release();
            throw bug;
        } finally {
            payload.release();
        }
        int bytes = out.readableBytes();
        socket.writeAndFlush(out);
        traffic().out.add(batch.size());
        credit.delivered(batch.size(), bytes);
        request();
    }

    Traffic traffic() {
        return Traffic.of(socket.channel());
    }

    /** Of the live query that a delivery is for; null when it is for none. */
    private static @Nullable Tag query(Delivery delivery) {
        return delivery.matched().get(0).tag() instanceof Tag tag && tag.query() != null ? tag : null;
    }

    private static @Nullable String path(Delivery delivery) {
        for (Subscription subscription : delivery.matched()) {
            if (subscription.tag() instanceof Tag tag && tag.paths()) {
                return subscription.topic(delivery.change());
            }
        }
        return null;
    }

    @Override
    public void missed(long changes) {
        traffic().dropped.add(changes);
        notice("gap", null, Map.of("missed", changes));
    }

    @Override
    public void reset(Subscription subscription) {
        notice("reset", subscription, Map.of());
    }

    @Override
    public void current(Subscription subscription, long sequence) {
        if (!closed && subscription.tag() instanceof Tag tag && tag.marked()) {
            notice("current", subscription, Map.of("sequence", Math.max(sequence, newest)));
        }
    }

    @Override
    public void ended(Failure why) {
        closed = true;
        socket.writeAndFlush(Closing.frame(why));
    }

    private void notice(String type, @Nullable Subscription subscription, Map<String, ?> more) {
        Map<String, Object> notice = new LinkedHashMap<>();
        notice.put("type", type);
        if (subscription != null && subscription.tag() instanceof Tag tag) {
            if (tag.ref() != null) {
                notice.put("ref", tag.ref());
            }
            if (tag.paths()) {
                notice.put("path", subscription.filter().text());
            }
        }
        notice.putAll(more);
        send(notice);
    }

    /** Sends an object that is not a change. */
    void send(Map<String, ?> object) {
        ByteBuf out = socket.alloc().buffer();
        frames.write(out, envelope.encode(object, frames.format()));
        socket.writeAndFlush(out);
    }
}
