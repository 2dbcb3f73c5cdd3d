// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import dev.tarn.api.data.Failure;
import dev.tarn.api.operation.Operation;
import dev.tarn.api.resource.Context;
import dev.tarn.api.resource.DurableSession;
import dev.tarn.api.resource.DurableSessions;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * {@code owed_list}: who is owed changes, over whatever protocol, those who are owed most first; {@code most} of them. Safe on any
 * thread.
 */
@Component(service = Operation.class)
public final class OwedOperation implements Operation {
    private static final long MOST = 100;

    private final DurableSessions sessions;

    @Activate
    public OwedOperation(@Reference DurableSessions sessions) {
        this.sessions = sessions;
    }

    @Override
    public String name() {
        return "owed_list";
    }

    @Override
    public boolean changes() {
        return false;
    }

    @Override
    public CompletionStage<Map<String, Object>> run(Context context, Map<String, Object> arguments) {
        // The command line sends texts.
        String asked = String.valueOf(arguments.getOrDefault("most", MOST));
        if (!asked.matches("\\d{1,9}")) {
            return CompletableFuture.failedStage(new Failure(Failure.Code.INVALID, "most: a number of sessions"));
        }
        int most = Integer.parseInt(asked);
        List<DurableSession> all = sessions.sessions();
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("total", (long) all.size());
        answer.put(
                "owed",
                all.stream()
                        .map(session -> new Standing(session, session.owedChanges(), session.owedBytes()))
                        .sorted(Comparator.comparingLong(Standing::changes).reversed())
                        .limit(most)
                        .map(Standing::values)
                        .toList());
        return CompletableFuture.completedStage(answer);
    }

    /** What a session is owed, read once, so that the order is that of the figures shown. */
    private record Standing(DurableSession session, long changes, long bytes) {

        Map<String, Object> values() {
            Map<String, Object> values = new LinkedHashMap<>();
            values.put("protocol", Owed.protocol(session));
            values.put("name", session.name().substring(session.name().indexOf('/') + 1));
            values.put("changes", changes);
            values.put("bytes", bytes);
            values.put("after", session.cursor());
            values.put("lost", session.lost());
            return values;
        }
    }
}
