// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Row;
import dev.tarn.api.operation.Operation;
import dev.tarn.api.resource.Context;
import dev.tarn.api.store.Snapshot;
import dev.tarn.api.store.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * {@code rejected_list}: what was refused without its sender being told, of the last week, the newest first; {@code most} of it, at
 * most a thousand. For administrators, since it shows bodies of whatever table. Safe on any thread.
 */
@Component(service = Operation.class)
public final class RejectedOperation implements Operation {
    private static final int USUAL = 100;
    private static final int MOST = 1_000;

    private final Store store;

    @Activate
    public RejectedOperation(@Reference Store store) {
        this.store = store;
    }

    @Override
    public String name() {
        return "rejected_list";
    }

    @Override
    public boolean changes() {
        return false;
    }

    @Override
    public CompletionStage<Map<String, Object>> run(Context context, Map<String, Object> arguments) {
        if (!context.user().administrator()) {
            return CompletableFuture.failedStage(
                    new Failure(Failure.Code.FORBIDDEN, "only administrators see what was refused"));
        }
        // The command line sends texts.
        String asked = String.valueOf(arguments.getOrDefault("most", USUAL));
        if (!asked.matches("\\d{1,9}") || Integer.parseInt(asked) > MOST) {
            return CompletableFuture.failedStage(
                    new Failure(Failure.Code.INVALID, "most: a number of messages up to " + MOST));
        }
        int most = Integer.parseInt(asked);
        return CompletableFuture.supplyAsync(
                () -> Map.of("rejected", newest(most)), task -> new Thread(task, "tarn-rejected").start());
    }

    private List<Object> newest(int most) {
        List<Object> found = new ArrayList<>();
        try (Snapshot snapshot = store.snapshot();
                // Their ids begin with the time.
                Snapshot.Rows rows = snapshot.rows(Rejections.TABLE, new Snapshot.Range("", null, true))) {
            for (Row row = rows.next(); row != null && found.size() < most; row = rows.next()) {
                found.add(row.body().value());
            }
        }
        return found;
    }
}
