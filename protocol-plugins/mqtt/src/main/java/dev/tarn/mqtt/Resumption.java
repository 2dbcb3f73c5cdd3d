// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Kind;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.DurableSession;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Brings back what an earlier connection had in flight [MQTT-4.4.0-1]: a PUBREL goes out at once; a publish is read again,
 * from the log, or from its row where it was one that was there, and then sent again under its old identifier.
 */
final class Resumption {
    private Resumption() {}

    /** Sends every PUBREL, and reads the rest. Completes on the connection's loop. [MQTT-4.4.0-1] */
    static CompletionStage<List<Again>> of(Session session, Broker broker, Line line, Delivering delivering) {
        List<InFlight.Sent> sent = new ArrayList<>();
        for (InFlight.Sent one : session.inFlight().all()) {
            if (one.stage() == InFlight.Stage.PUBCOMP) {
                delivering.sendPubrel(one.packetId(), Reason.SUCCESS);
            } else {
                sent.add(one);
            }
        }
        DurableSession owed = session.owed();
        Context context = session.context();
        if (sent.isEmpty() || owed == null || context == null) {
            return CompletableFuture.completedFuture(List.of());
        }
        List<Long> sequences = new ArrayList<>();
        Map<String, CompletableFuture<Optional<Row>>> rows = new HashMap<>();
        for (InFlight.Sent one : sent) {
            InFlight.SentRow row = one.row();
            if (row != null) {
                rows.computeIfAbsent(
                        row.path(),
                        path -> broker.resources().get(context, Path.of(path)).toCompletableFuture());
            } else if (one.sequence() != 0) {
                sequences.add(one.sequence());
            }
        }
        CompletableFuture<List<Change>> logged = owed.changes(sequences).toCompletableFuture();
        List<CompletableFuture<?>> all = new ArrayList<>(rows.values());
        all.add(logged);
        return CompletableFuture.allOf(all.toArray(new CompletableFuture<?>[0]))
                .thenApplyAsync(
                        read -> again(session, sent, logged.join(), rows),
                        line.channel().eventLoop());
    }

    /**
     * Something to be sent again.
     *
     * @param change what it said; null when the log no longer has it, or the row is gone, or it has changed: that is told
     *     by itself
     */
    record Again(InFlight.Sent sent, @Nullable Change change) {}

    private static List<Again> again(
            Session session,
            List<InFlight.Sent> sent,
            List<Change> logged,
            Map<String, CompletableFuture<Optional<Row>>> rows) {
        Map<Long, Change> bySequence = new HashMap<>();
        logged.forEach(change -> bySequence.put(change.sequence(), change));
        List<Again> again = new ArrayList<>(sent.size());
        for (InFlight.Sent one : sent) {
            InFlight.SentRow of = one.row();
            CompletableFuture<Optional<Row>> row = of == null ? null : rows.get(of.path());
            again.add(new Again(
                    one,
                    of == null || row == null
                            ? bySequence.get(one.sequence())
                            : row.join()
                                    .filter(now -> !told(session, of, now))
                                    .map(Resumption::change)
                                    .orElse(null)));
        }
        return again;
    }

    /** Whether the client is told of the row as it is now by a change that is owed to it. */
    private static boolean told(Session session, InFlight.SentRow sent, Row now) {
        return sent.version() != 0
                && sent.version() != now.version()
                && now.attributes().qos() > 0
                && session.covering(now.path()).stream()
                        .anyMatch(held -> held.options().qos() > 0);
    }

    private static Change change(Row row) {
        return new Change(0, Kind.PUT, "", row.path(), row.body(), row.version(), 0, row.attributes());
    }
}
