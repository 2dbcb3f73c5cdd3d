// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.client.ClientEvent;
import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.Context;
import dev.tarn.api.store.Draft;
import dev.tarn.transport.ClientEvents;
import dev.tarn.transport.Traffic;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a client publishes: kept in order, acknowledged in order once it is safe [MQTT-4.6.0-2], and no more of it at once
 * than the client was told or memory allows. For the connection's loop.
 */
final class Publishing {

    private static final Logger LOG = LoggerFactory.getLogger(Publishing.class);

    private final Line line;
    private final Context context;
    private final Messages messages;
    private final Limits limits;
    private final Traffic traffic;
    private final Statistics statistics;
    private final boolean five;

    /** In the order of their arrival; those at the head are not safe yet. */
    private final ArrayDeque<Pending> pending = new ArrayDeque<>();

    private final AtomicBoolean settling = new AtomicBoolean();

    /** Packet identifiers of quality of service 2 that are not released yet [MQTT-4.3.3-10]. */
    private final BitSet unreleased;

    private final Session session;
    private final SessionTables tables;
    private final @Nullable Rate rate;
    private final @Nullable SharedRate all;
    private final ClientEvents events;
    private final Clock clock;

    private @Nullable Topic[] aliases = new @Nullable Topic[0];
    private int unsettled;
    private int bytes;
    private boolean full;

    Publishing(Line line, Context context, Broker broker, Session session) {
        this.line = line;
        this.context = context;
        this.messages = broker.messages();
        this.limits = broker.limits();
        this.traffic = broker.traffic();
        this.statistics = broker.statistics();
        this.session = session;
        this.tables = broker.tables();
        this.unreleased = session.unreleased();
        this.unsettled = unreleased.cardinality();
        Limits.Rates rates = limits.topics().rates();
        this.rate = Rate.none(rates) ? null : new Rate(rates, System.nanoTime());
        this.all = broker.rate();
        this.events = broker.events();
        this.clock = broker.clock();
        this.five = line.agreement().version().five();
    }

    /** A publish whose acknowledgement is due once it and all before it are safe. */
    private final class Pending implements BiConsumer<@Nullable Commit, @Nullable Throwable> {
        private final int packetId;
        private final Messages.Message message;
        private final CompletableFuture<Commit> stage;
        private volatile boolean done;
        private @Nullable Throwable failure;

        Pending(int packetId, Messages.Message message, CompletableFuture<Commit> stage) {
            this.packetId = packetId;
            this.message = message;
            this.stage = stage;
        }

        /** On whatever thread the engine completes. */
        @Override
        public void accept(@Nullable Commit commit, @Nullable Throwable thrown) {
            failure = thrown;
            done = true;
            if (settling.compareAndSet(false, true)) {
                line.channel().eventLoop().execute(Publishing.this::settleLater);
            }
        }
    }

    void publish(Packet.Publish publish) {
        traffic.in.increment();
        statistics.publishBytesReceived.add(publish.payload().length);
        int qos = publish.qos();
        int packetId = publish.packetId();
        Topic topic = topic(publish);
        check(publish);
        slow(publish.payload().length);
        if (qos == 2 && unreleased.get(packetId)) {
            repeated(packetId);
            return;
        }
        if (qos > 0) {
            if (five && unsettled >= limits.received()) { // [MQTT-3.3.4-7]
                throw new Violation(
                        Reason.RECEIVE_MAXIMUM_EXCEEDED, "more than " + limits.received() + " unsettled publishes");
            }
            unsettled++;
        }
        if (qos == 2) {
            unreleased.set(packetId);
        }
        Messages.Message message = new Messages.Message(
                topic.path(),
                publish.payload(),
                qos,
                publish.retain(),
                publish.properties(),
                line.agreement().sends());
        CompletableFuture<Commit> stage = limits.topics().tooDeep(topic.path().text())
                ? CompletableFuture.failedFuture(tooDeep())
                : messages.send(context, message, alongside(qos, packetId)).toCompletableFuture();
        if (events.wanted(ClientEvent.Type.PUBLISHED)) {
            tell(topic, qos, stage);
        }
        if (pending.isEmpty() && stage.isDone() && !stage.isCompletedExceptionally()) {
            acknowledge(qos, packetId, Reason.SUCCESS, null);
            return;
        }
        Pending waiting = new Pending(packetId, message, stage);
        pending.add(waiting);
        bytes += publish.payload().length;
        stage.whenComplete(waiting);
        if (pending.size() >= limits.received() || bytes >= limits.receivedBytes()) {
            full = true;
            line.pause(Line.Pause.PUBLISHING);
        }
    }

    /** What the client was told that it must not send [MQTT-3.2.2-11], [MQTT-3.2.2-14]. */
    private void check(Packet.Publish publish) {
        Limits.Offers offers = limits.offers();
        if (publish.qos() > offers.qos()) {
            throw new Violation(Reason.QOS_NOT_SUPPORTED, "a quality of service above " + offers.qos());
        }
        if (publish.retain() && !offers.retain()) {
            throw new Violation(Reason.RETAIN_NOT_SUPPORTED, "a retained publish");
        }
    }

    private void tell(Topic topic, int qos, CompletionStage<?> accepted) {
        dev.tarn.api.client.Client who = line.identity();
        accepted.thenRun(() -> events.tell(
                new ClientEvent(ClientEvent.Type.PUBLISHED, who, topic.path().text(), qos, null, clock.millis())));
    }

    /**
     * Completes, on any thread, when all that was published is on its way to its subscribers or refused: whatever the
     * session publishes over its next connection comes after that [MQTT-4.6.0-5].
     * [MQTT-4.6.0-6]
     */
    CompletableFuture<Void> passed() {
        return CompletableFuture.allOf(
                pending.stream().map(waiting -> waiting.stage).toArray(CompletableFuture<?>[]::new));
    }

    /** Reads nothing for a while from a client that is too fast; it notices by its own socket. */
    private void slow(int payload) {
        Rate limited = rate;
        SharedRate together = all;
        if (limited != null || together != null) {
            long now = System.nanoTime();
            long wait = Math.max(
                    limited == null ? 0 : limited.published(payload, now),
                    together == null ? 0 : together.published(now));
            if (wait > 0) {
                line.pause(Line.Pause.RATE);
                line.channel().eventLoop().schedule(() -> line.resume(Line.Pause.RATE), wait, TimeUnit.NANOSECONDS);
            }
        }
    }

    /** A durable session remembers the identifier in the commit of what came with it. */
    private List<Draft> alongside(int qos, int packetId) {
        return qos == 2 && session.durable() ? List.of(tables.received(session, packetId)) : List.of();
    }

    private Failure tooDeep() {
        return new Failure(
                Failure.Code.MALFORMED,
                "a topic of more than " + limits.topics().levels() + " levels");
    }

    /** The same packet again: the answer is repeated, the message is not [MQTT-4.3.3-10]. */
    private void repeated(int packetId) {
        for (Pending waiting : pending) {
            if (waiting.packetId == packetId && waiting.message.qos() == 2) {
                return;
            }
        }
        line.writer().acknowledge(line.outbox().open(), Packet.PUBREC, packetId, Reason.SUCCESS, null);
    }

    /**
     * The topic that a publish means, by name or by alias, of this connection alone [MQTT-3.3.2-7] to [MQTT-3.3.2-9],
     * [MQTT-3.3.2-12].
     */
    private Topic topic(Packet.Publish publish) {
        Topic named = publish.topic();
        if (!publish.properties().has(PropertyType.TOPIC_ALIAS)) {
            if (named == null) {
                throw Violation.protocol("neither a topic nor a topic alias");
            }
            return named;
        }
        int alias = (int) publish.properties().number(PropertyType.TOPIC_ALIAS, 0);
        if (alias == 0 || alias > limits.aliases()) {
            throw new Violation(
                    Reason.TOPIC_ALIAS_INVALID, "topic alias " + alias + ", the greatest is " + limits.aliases());
        }
        if (named != null) {
            if (aliases.length == 0) {
                aliases = new @Nullable Topic[limits.aliases() + 1];
            }
            aliases[alias] = named;
            return named;
        }
        Topic known = alias < aliases.length ? aliases[alias] : null;
        if (known == null) {
            throw Violation.protocol("topic alias " + alias + " was never set");
        }
        return known;
    }

    /**
     * PUBREL: the identifier may be used again [MQTT-4.3.3-11]. [MQTT-3.7.2-1], [MQTT-4.3.3-12], [MQTT-4.3.3-13]
     */
    void released(Packet.Acknowledge pubrel) {
        int packetId = pubrel.packetId();
        if (!unreleased.get(packetId)) {
            completed(packetId, Reason.PACKET_IDENTIFIER_NOT_FOUND);
            return;
        }
        unreleased.clear(packetId);
        unsettled--;
        if (!session.durable()) {
            completed(packetId, Reason.SUCCESS);
            return;
        }
        // Forgotten for good before the client hears of it, since it will use the identifier for something else.
        tables.commit(List.of(tables.released(session, packetId)))
                .whenComplete((commit, failure) -> line.channel().eventLoop().execute(() -> {
                    if (failure != null) {
                        line.end(Reason.UNSPECIFIED_ERROR, "the release could not be stored");
                    } else {
                        completed(packetId, Reason.SUCCESS);
                        line.outbox().flush();
                    }
                }));
    }

    private void completed(int packetId, Reason reason) {
        line.writer()
                .acknowledge(
                        line.outbox().open(),
                        Packet.PUBCOMP,
                        packetId,
                        reason,
                        reason == Reason.SUCCESS ? null : reason.words());
    }

    private void settleLater() {
        settling.set(false);
        settle();
        line.outbox().flush();
        if (full && pending.size() < limits.received() && bytes < limits.receivedBytes()) {
            full = false;
            line.resume(Line.Pause.PUBLISHING);
        }
    }

    /** [MQTT-4.6.0-2], [MQTT-4.6.0-3] */
    private void settle() {
        for (Pending head = pending.peek(); head != null && head.done; head = pending.peek()) {
            pending.remove();
            bytes -= head.message.payload().length;
            Throwable thrown = head.failure;
            if (thrown == null) {
                acknowledge(head.message.qos(), head.packetId, Reason.SUCCESS, null);
            } else {
                refused(head, thrown);
            }
        }
    }

    /** 3.1.1 [MQTT-4.8.0-2] */
    private void refused(Pending publish, Throwable thrown) {
        Failure failure = Failures.of(thrown);
        if (failure == null) {
            line.fail(thrown);
            return;
        }
        traffic.refused.increment();
        if (five) {
            acknowledge(publish.message.qos(), publish.packetId, Failures.published(failure.code()), failure.reason());
        } else if (!Failures.dropped(failure.code())) {
            line.end(Failures.published(failure.code()), failure.reason());
        } else {
            if (failure.code() == Failure.Code.INVALID) {
                messages.rejected(context, publish.message, failure).whenComplete((done, lost) -> {
                    if (lost != null) {
                        LOG.warn(
                                "rejected publish not recorded: client={}",
                                line.agreement().clientId(),
                                lost);
                    }
                });
            }
            acknowledge(publish.message.qos(), publish.packetId, Reason.SUCCESS, null);
        }
    }

    /**
     * [MQTT-2.2.1-5], [MQTT-3.3.4-1], [MQTT-4.3.2-4], [MQTT-4.3.2-5], [MQTT-4.3.3-8]; 3.1.1 [MQTT-2.3.1-6],
     * [MQTT-4.3.2-2], [MQTT-4.3.3-2]
     */
    private void acknowledge(int qos, int packetId, Reason reason, @Nullable String text) {
        if (qos == 0) {
            return;
        }
        if (qos == 1 || reason.refusal()) {
            unsettled--;
            if (qos == 2) {
                unreleased.clear(packetId); // [MQTT-4.3.3-9]: a refused identifier is free again
            }
        }
        line.writer()
                .acknowledge(line.outbox().open(), qos == 1 ? Packet.PUBACK : Packet.PUBREC, packetId, reason, text);
    }
}
