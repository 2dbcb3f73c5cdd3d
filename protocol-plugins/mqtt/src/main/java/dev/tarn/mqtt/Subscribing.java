// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.client.ClientEvent;
import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.DurableSession;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Resources;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscription;
import dev.tarn.api.security.User;
import dev.tarn.api.store.Draft;
import io.netty.channel.EventLoop;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's subscriptions: begun and ended at once, stored before they are acknowledged where the session is durable.
 * For the connection's loop.
 */
final class Subscribing {

    private static final Logger LOG = LoggerFactory.getLogger(Subscribing.class);

    private static final CompletableFuture<@Nullable Void> NOTHING = CompletableFuture.completedFuture(null);

    private final Line line;
    private final Session session;
    private final @Nullable SessionTables tables;
    private final Mailbox mailbox;
    private final Delivering delivering;
    private final Clock clock;
    private final int most;
    private final Limits.Topics deep;
    private final Statistics statistics;
    private final SystemTopics topics;
    private final SystemWatch system;
    private final SharedGroups shared;
    private final Context context;
    private final Resources resources;
    private final Events events;
    private boolean closed;

    /** Completes when the groups that were joined since the last answer have begun to listen. */
    private CompletableFuture<@Nullable Void> joined = NOTHING;

    Subscribing(Line line, Session session, Context context, Mailbox mailbox, Delivering delivering, Broker broker) {
        this.line = line;
        this.session = session;
        this.tables = session.durable() ? broker.tables() : null;
        this.mailbox = mailbox;
        this.delivering = delivering;
        this.clock = broker.clock();
        this.deep = broker.limits().topics();
        this.most = broker.limits().subscriptions();
        this.context = context;
        this.resources = broker.resources();
        this.events = broker.events();
        this.shared = broker.sessions().shared();
        this.statistics = broker.statistics();
        this.topics = broker.watching().topics();
        this.system = new SystemWatch(topics, line.channel().eventLoop(), delivering::told);
    }

    /**
     * One answer for each filter [MQTT-3.8.4-5]; rows and changes come after it. Where an application has a say in a
     * subscription, nothing else is read or sent until it has said it. [MQTT-2.2.1-6], [MQTT-3.8.4-1],
     * [MQTT-3.8.4-2], [MQTT-3.8.4-6], [MQTT-3.9.3-1]; 3.1.1 [MQTT-2.3.1-7], [MQTT-3.8.3-2]
     */
    void subscribe(Packet.Subscribe subscribe) {
        checkAnswer(subscribe.wishes().size());
        List<CompletableFuture<Void>> asked = new ArrayList<>(subscribe.wishes().size());
        for (Packet.Wish wish : subscribe.wishes()) {
            asked.add(asked(wish));
        }
        CompletableFuture<Void> all = CompletableFuture.allOf(asked.toArray(new CompletableFuture<?>[0]));
        if (all.isDone()) {
            begin(subscribe, asked, false);
            return;
        }
        line.pause(Line.Pause.SUBSCRIBING);
        delivering.hold();
        all.whenComplete((done, refused) -> line.channel().eventLoop().execute(() -> begin(subscribe, asked, true)));
    }

    private CompletableFuture<Void> asked(Packet.Wish wish) {
        return SystemTopics.covers(wish)
                ? CompletableFuture.completedFuture(null)
                : resources.admit(context, wish.filter()).toCompletableFuture();
    }

    private void begin(Packet.Subscribe subscribe, List<CompletableFuture<Void>> asked, boolean paused) {
        int identifier = (int) subscribe.properties().number(PropertyType.SUBSCRIPTION_ID, 0);
        List<Reason> reasons = new ArrayList<>(subscribe.wishes().size());
        List<Draft> drafts = new ArrayList<>();
        for (int i = 0; i < asked.size(); i++) {
            reasons.add(
                    asked.get(i).isCompletedExceptionally()
                            ? refused(asked.get(i))
                            : subscribe(subscribe.wishes().get(i), identifier, drafts));
        }
        stored(drafts, () -> line.writer().suback(line.outbox().open(), subscribe.packetId(), reasons), paused);
    }

    private static Reason refused(CompletableFuture<Void> asked) {
        Throwable thrown = asked.handle((done, failure) -> failure).join();
        Failure failure = Failures.of(thrown);
        return failure == null ? Reason.UNSPECIFIED_ERROR : Failures.subscribed(failure.code());
    }

    /** An answer cannot be cut short, so what asks for one that the client does not take is too large [MQTT-3.1.2-24]. */
    private void checkAnswer(int reasons) {
        if (line.agreement().version().five()
                && reasons + 8L > line.agreement().window().largestPacket()) {
            throw new Violation(Reason.PACKET_TOO_LARGE, "the answer would be larger than the client takes");
        }
    }

    private Reason subscribe(Packet.Wish wish, int identifier, List<Draft> drafts) {
        Held known = session.subscriptions().get(wish.spelling());
        if (known == null && session.subscriptions().size() >= most) {
            return Reason.QUOTA_EXCEEDED;
        }
        if (deep.tooDeep(wish.spelling())) {
            return Reason.TOPIC_FILTER_INVALID;
        }
        if (!deep.offers().wildcards() && !wish.filter().exact()) {
            return Reason.WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED;
        }
        boolean ofServer = SystemTopics.covers(wish);
        if (ofServer && !mayWatch(wish)) {
            return Reason.NOT_AUTHORIZED;
        }
        Held held = known == null ? session.held(wish) : known;
        held.renew(wish.options(), identifier, now());
        DurableSession owed = ofServer ? null : session.owed();
        try {
            Start start = start(wish, known == null);
            if (wish.group() != null) {
                return share(held, known == null, drafts);
            }
            boolean rows = start.from() != Start.From.LIVE;
            if (rows && !ofServer) {
                held.scanAll();
            }
            if (owed != null && known == null) {
                long from = owed.cover(wish.filter(), wish.options().qos());
                held.start(from);
                start = rows ? start : Start.after(from);
            } else if (owed != null) {
                owed.cover(wish.filter(), wish.options().qos(), held.start());
            }
            Subscription live = held.live();
            if (live != null) {
                live.renew(start, held.interest(), held); // [MQTT-3.8.4-3], [MQTT-3.8.4-4]
            } else {
                held.live(
                        ofServer
                                ? system.subscribe(held, start)
                                : mailbox.subscribe(wish.filter(), start, held.interest(), held));
            }
            if (owed != null && known == null) {
                // What changed before that is among the rows.
                held.start(Math.max(
                        held.start(), Objects.requireNonNull(held.live()).settled()));
            }
        } catch (Failure failure) {
            uncover(held);
            return wish.group() != null && failure.code() == Failure.Code.UNSUPPORTED
                    ? Reason.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED
                    : Failures.subscribed(failure.code());
        }
        return subscribed(held, known == null, drafts);
    }

    /** [MQTT-3.2.2-10], [MQTT-3.8.4-7], [MQTT-3.9.3-2] */
    private Reason subscribed(Held held, boolean fresh, List<Draft> drafts) {
        session.subscriptions().put(held.wish().spelling(), held);
        if (fresh) {
            statistics.subscription(held, 1);
        }
        if (tables != null) {
            drafts.add(tables.put(session, held));
        }
        tell(ClientEvent.Type.SUBSCRIBED, held);
        return switch (held.options().qos()) {
            case 0 -> Reason.SUCCESS;
            case 1 -> Reason.GRANTED_QOS_1;
            default -> Reason.GRANTED_QOS_2;
        };
    }

    private void tell(ClientEvent.Type type, Held held) {
        if (events.wanted(type)) {
            int qos = type == ClientEvent.Type.SUBSCRIBED ? held.options().qos() : 0;
            events.tell(new ClientEvent(type, line.identity(), held.wish().spelling(), qos, null, clock.millis()));
        }
    }

    /** Begins, or renews, a shared subscription. */
    private Reason share(Held held, boolean fresh, List<Draft> drafts) {
        if (fresh) {
            check(held);
            join(held, shared.enter(held.wish(), session.durable(), drafts));
        }
        return subscribed(held, fresh, drafts);
    }

    /** Throws the failure of a client that may not subscribe to the filter. */
    private void check(Held held) {
        mailbox.subscribe(held.wish().filter(), Start.LIVE, Interest.atMost(0), null)
                .cancel();
    }

    private void join(Held held, SharedGroup group) {
        EventLoop loop = line.channel().eventLoop();
        SharedMember member = new SharedMember(
                group,
                held,
                loop,
                delivering::told,
                shared.allowed(context, held.wish().filter()));
        held.live(member);
        CompletableFuture<@Nullable Void> open = group.join(member, loop);
        joined = joined == NOTHING ? open : CompletableFuture.allOf(joined, open);
    }

    /** What the server says about itself is not shared out, and not for everyone. */
    private boolean mayWatch(Packet.Wish wish) {
        User user = session.user();
        return wish.group() == null && user != null && topics.mayRead(user);
    }

    private long now() {
        Instant now = clock.instant();
        return now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
    }

    /** Current rows as retain handling says [MQTT-3.3.1-9] to [MQTT-3.3.1-11]; never for a shared subscription. */
    private static Start start(Packet.Wish wish, boolean fresh) {
        int handling = wish.options().retainHandling();
        boolean rows = wish.group() == null && (handling == 0 || (handling == 1 && fresh));
        return rows ? Start.EVERY : Start.LIVE;
    }

    /**
     * One answer for each filter [MQTT-3.11.3-1]. [MQTT-3.10.4-1], [MQTT-3.10.4-2], [MQTT-3.10.4-4] to
     * [MQTT-3.10.4-6], [MQTT-3.11.3-2]
     */
    void unsubscribe(Packet.Unsubscribe unsubscribe) {
        checkAnswer(unsubscribe.spellings().size());
        List<Reason> reasons = new ArrayList<>(unsubscribe.spellings().size());
        List<Draft> drafts = new ArrayList<>();
        for (String spelling : unsubscribe.spellings()) {
            Held held = session.subscriptions().remove(spelling);
            reasons.add(held == null ? Reason.NO_SUBSCRIPTION_EXISTED : Reason.SUCCESS);
            if (held != null) {
                tell(ClientEvent.Type.UNSUBSCRIBED, held);
                statistics.subscription(held, -1);
                Subscription live = held.live();
                if (live != null) {
                    live.cancel();
                }
                if (held.wish().group() != null) {
                    shared.leave(held.wish(), session.durable(), drafts);
                } else {
                    uncover(held);
                }
                if (tables != null) {
                    drafts.add(tables.delete(session, held));
                }
            }
        }
        stored(drafts, () -> line.writer().unsuback(line.outbox().open(), unsubscribe.packetId(), reasons), false);
    }

    private void uncover(Held held) {
        DurableSession owed = session.owed();
        if (owed == null) {
            return;
        }
        for (Held other : session.subscriptions().values()) {
            if (other != held && other.wish().filter().equals(held.wish().filter())) {
                return;
            }
        }
        owed.uncover(held.wish().filter());
    }

    /**
     * Answers, when it is stored what the answer promises; nothing else is read or sent meanwhile.
     *
     * @param paused whether that is so already
     */
    private void stored(List<Draft> drafts, Runnable answer, boolean paused) {
        CompletableFuture<@Nullable Void> ready = joined;
        joined = NOTHING;
        if (tables != null && !drafts.isEmpty()) {
            ready = ready.thenCombine(tables.commit(drafts), (any, commit) -> null);
        }
        if (ready.isDone() && !ready.isCompletedExceptionally()) {
            answer.run();
            if (paused) {
                goOn();
            }
            return;
        }
        if (!paused) {
            line.pause(Line.Pause.SUBSCRIBING);
            delivering.hold();
        }
        ready.whenComplete((done, failure) -> line.channel().eventLoop().execute(() -> {
            if (failure != null) {
                LOG.warn("subscriptions not stored: reason={}", failure.getMessage());
                line.end(Reason.UNSPECIFIED_ERROR, "the subscriptions could not be stored");
                return;
            }
            answer.run();
            goOn();
        }));
    }

    private void goOn() {
        delivering.release();
        line.resume(Line.Pause.SUBSCRIBING);
        line.outbox().flush();
    }

    /**
     * Begins again, on a new connection, what the session was told of [MQTT-3.1.2-4]. Where an application has a say in it, it
     * is asked again, and nothing is read until it has said it.
     *
     * @param then goes on, on the loop
     */
    void resume(Runnable then) {
        Map<Held, CompletableFuture<Void>> asked = new LinkedHashMap<>();
        for (Held held : session.subscriptions().values()) {
            asked.put(held, asked(held.wish()));
        }
        CompletableFuture<Void> all = CompletableFuture.allOf(asked.values().toArray(new CompletableFuture<?>[0]));
        if (all.isDone()) {
            resume(asked, then);
            return;
        }
        line.pause(Line.Pause.SUBSCRIBING);
        all.whenComplete((done, refused) -> line.channel().eventLoop().execute(() -> {
            if (!closed) {
                resume(asked, then);
                line.resume(Line.Pause.SUBSCRIBING);
                line.outbox().flush();
            }
        }));
    }

    /** Who does not say whether it may go on ends the connection and not the subscription. */
    private void resume(Map<Held, CompletableFuture<Void>> asked, Runnable then) {
        List<Held> refused = new ArrayList<>();
        for (Map.Entry<Held, CompletableFuture<Void>> each : asked.entrySet()) {
            if (each.getValue().isCompletedExceptionally()) {
                Failure why = Failures.of(
                        each.getValue().handle((done, failure) -> failure).join());
                if (why == null || why.code() == Failure.Code.UNAVAILABLE || why.code() == Failure.Code.BUSY) {
                    line.end(Reason.SERVER_BUSY, "an application does not say whether a subscription may go on");
                    return;
                }
                refused.add(each.getKey());
            }
        }
        refused.forEach(held -> {
            LOG.info("subscription of a resumed session refused by its application");
            drop(held);
        });
        resume();
        then.run();
    }

    private void resume() {
        for (Held held : List.copyOf(session.subscriptions().values())) {
            try {
                resume(held);
            } catch (Failure refused) {
                LOG.info("subscription of a resumed session refused: reason={}", refused.reason());
                drop(held);
            }
        }
    }

    private void drop(Held held) {
        session.subscriptions().remove(held.wish().spelling());
        statistics.subscription(held, -1);
        List<Draft> drafts = new ArrayList<>();
        if (held.wish().group() != null) {
            shared.leave(held.wish(), session.durable(), drafts);
        } else {
            uncover(held);
        }
        if (tables != null) {
            drafts.add(tables.delete(session, held));
            tables.commit(drafts).exceptionally(failure -> {
                LOG.warn("an ended subscription is still stored: reason={}", failure.getMessage());
                return null;
            });
        }
    }

    private void resume(Held held) {
        if (SystemTopics.covers(held.wish())) {
            if (mayWatch(held.wish())) {
                held.live(system.subscribe(held, Start.LIVE));
            } else {
                drop(held);
            }
            return;
        }
        SharedGroup group = held.wish().group() == null ? null : shared.find(held.wish());
        if (group != null) {
            check(held);
            join(held, group);
            return;
        }
        held.live(mailbox.subscribe(held.wish().filter(), start(held, session), held.interest(), held));
    }

    /** From where the session goes on, and with the rows that were not sent yet. */
    private static Start start(Held held, Session session) {
        DurableSession owed = session.owed();
        if (held.options().qos() == 0 || owed == null) {
            return held.scanning() ? new Start(Start.From.EVERY, -1, held.progress()) : Start.LIVE;
        }
        long after = Math.max(Math.max(session.sentUpTo(), owed.clearUpTo()), held.start());
        return held.scanning() ? new Start(Start.From.EVERY, after, held.progress()) : Start.after(after);
    }

    /** Ends what the mailbox does not end with itself. */
    void close() {
        closed = true;
        system.close();
    }
}
