// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.client.ClientEvent;
import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.DurableSession;
import dev.tarn.api.resource.Start;
import dev.tarn.api.store.Draft;
import dev.tarn.transport.ClientEvents;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
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

    private final Line line;
    private final Session session;
    private final @Nullable SessionTables tables;
    private final Listening listening;
    private final Delivering delivering;
    private final Clock clock;
    private final Limits limits;
    private final Statistics statistics;
    private final ClientEvents events;

    Subscribing(Line line, Session session, Listening listening, Delivering delivering, Broker broker) {
        this.line = line;
        this.session = session;
        this.tables = session.durable() ? broker.tables() : null;
        this.listening = listening;
        this.delivering = delivering;
        this.clock = broker.clock();
        this.limits = broker.limits();
        this.statistics = broker.statistics();
        this.events = broker.events();
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
            asked.add(listening.admitted(wish));
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

    /** One filter, as if it had come alone; one that is there already is replaced. [MQTT-3.8.4-3], [MQTT-3.8.4-4] */
    private Reason subscribe(Packet.Wish wish, int identifier, List<Draft> drafts) {
        Held known = session.subscriptions().get(wish.spelling());
        Reason refused = refused(wish, known == null);
        if (refused != null) {
            return refused;
        }
        Held held = known == null ? session.held(wish) : known;
        held.renew(wish.options(), identifier, now());
        try {
            if (wish.group() == null) {
                begin(held, known == null);
            } else if (known == null) {
                listening.share(held, drafts);
            }
        } catch (Failure failure) {
            listening.uncover(held);
            return wish.group() != null && failure.code() == Failure.Code.UNSUPPORTED
                    ? Reason.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED
                    : Failures.subscribed(failure.code());
        }
        return subscribed(held, known == null, drafts);
    }

    /** Why the client may not have the subscription whatever the engine says; else null. */
    private @Nullable Reason refused(Packet.Wish wish, boolean fresh) {
        if (fresh && session.subscriptions().size() >= limits.subscriptions()) {
            return Reason.QUOTA_EXCEEDED;
        }
        if (limits.topics().tooDeep(wish.spelling())) {
            return Reason.TOPIC_FILTER_INVALID;
        }
        if (!limits.topics().offers().wildcards() && !wish.filter().exact()) {
            return Reason.WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED;
        }
        return SystemTopics.covers(wish) && !listening.mayWatch(wish) ? Reason.NOT_AUTHORIZED : null;
    }

    /** Begins, or renews, what is not shared: what is owed from now on first, then what is there. */
    private void begin(Held held, boolean fresh) {
        Packet.Wish wish = held.wish();
        boolean ofServer = SystemTopics.covers(wish);
        DurableSession owed = ofServer ? null : session.owed();
        Start start = start(held, fresh);
        boolean rows = start.from() != Start.From.LIVE;
        if (rows && !ofServer) {
            held.scanAll();
        }
        if (owed != null && fresh) {
            long from = owed.cover(wish.filter(), held.options().qos());
            held.start(from);
            start = rows ? start : Start.after(from);
        } else if (owed != null) {
            owed.cover(wish.filter(), held.options().qos(), held.start());
        }
        listening.begin(held, start);
        if (owed != null && fresh) {
            // What changed before that is among the rows.
            held.start(
                    Math.max(held.start(), Objects.requireNonNull(held.live()).settled()));
        }
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

    private long now() {
        Instant now = clock.instant();
        return now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
    }

    /** Current rows as retain handling says [MQTT-3.3.1-9] to [MQTT-3.3.1-11]; never for a shared subscription. */
    private static Start start(Held held, boolean fresh) {
        int handling = held.options().retainHandling();
        boolean rows = handling == 0 || (handling == 1 && fresh);
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
                listening.end(held, drafts);
            }
        }
        stored(drafts, () -> line.writer().unsuback(line.outbox().open(), unsubscribe.packetId(), reasons), false);
    }

    /**
     * Answers, when it is stored what the answer promises; nothing else is read or sent meanwhile.
     *
     * @param paused whether that is so already
     */
    private void stored(List<Draft> drafts, Runnable answer, boolean paused) {
        CompletableFuture<@Nullable Void> ready = listening.joined();
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
}
