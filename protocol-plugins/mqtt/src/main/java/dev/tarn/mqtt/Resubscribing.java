// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.DurableSession;
import dev.tarn.api.resource.Start;
import dev.tarn.api.store.Draft;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Begins again, on a new connection, the subscriptions that the session has [MQTT-3.1.2-4]. One that the client may not
 * have any more is ended. For the connection's loop.
 */
final class Resubscribing {

    private static final Logger LOG = LoggerFactory.getLogger(Resubscribing.class);

    private final Line line;
    private final Session session;
    private final SessionTables tables;
    private final Listening listening;
    private boolean closed;

    Resubscribing(Line line, Session session, SessionTables tables, Listening listening) {
        this.line = line;
        this.session = session;
        this.tables = tables;
        this.listening = listening;
    }

    /**
     * Begins all of them. Where an application has a say in one, it is asked again, and nothing is read until it has said
     * it.
     *
     * @param then goes on, on the loop
     */
    void begin(Runnable then) {
        Map<Held, CompletableFuture<Void>> asked = new LinkedHashMap<>();
        for (Held held : session.subscriptions().values()) {
            asked.put(held, listening.admitted(held.wish()));
        }
        CompletableFuture<Void> all = CompletableFuture.allOf(asked.values().toArray(new CompletableFuture<?>[0]));
        if (all.isDone()) {
            begin(asked, then);
            return;
        }
        line.pause(Line.Pause.SUBSCRIBING);
        all.whenComplete((done, refused) -> line.channel().eventLoop().execute(() -> {
            if (!closed) {
                begin(asked, then);
                line.resume(Line.Pause.SUBSCRIBING);
                line.outbox().flush();
            }
        }));
    }

    /** Who does not say whether it may go on ends the connection and not the subscription. */
    private void begin(Map<Held, CompletableFuture<Void>> asked, Runnable then) {
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
        refused.forEach(held -> drop(held, "its application"));
        for (Held held : List.copyOf(session.subscriptions().values())) {
            try {
                begin(held);
            } catch (Failure failure) {
                drop(held, failure.reason());
            }
        }
        then.run();
    }

    private void begin(Held held) {
        if (SystemTopics.covers(held.wish())) {
            if (listening.mayWatch(held.wish())) {
                listening.begin(held, Start.LIVE);
            } else {
                drop(held, "not for this user");
            }
        } else if (!listening.shareAgain(held)) {
            listening.begin(held, start(held));
        }
    }

    /** From where the session goes on, and with the rows that were not sent yet. */
    private Start start(Held held) {
        DurableSession owed = session.owed();
        if (held.options().qos() == 0 || owed == null) {
            return held.scanning() ? new Start(Start.From.EVERY, -1, held.progress()) : Start.LIVE;
        }
        long after = Math.max(Math.max(session.sentUpTo(), owed.clearUpTo()), held.start());
        return held.scanning() ? new Start(Start.From.EVERY, after, held.progress()) : Start.after(after);
    }

    private void drop(Held held, String why) {
        LOG.info("subscription of a resumed session refused: reason={}", why);
        session.subscriptions().remove(held.wish().spelling());
        List<Draft> drafts = new ArrayList<>();
        listening.end(held, drafts);
        if (!drafts.isEmpty()) {
            tables.commit(drafts).exceptionally(failure -> {
                LOG.warn("an ended subscription is still stored: reason={}", failure.getMessage());
                return null;
            });
        }
    }

    /** Whoever answers now answers too late. */
    void close() {
        closed = true;
    }
}
