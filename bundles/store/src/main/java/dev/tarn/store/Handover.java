// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Failure;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Passes what is committed on to the sync thread, once it is sealed. While no seal can be written, as on a full disk, what is
 * committed waits here, and nothing new is begun. On the committer thread.
 */
final class Handover {

    private final SyncThread sync;
    private final Sealer sealer;
    private final Faults faults;
    private final Fence fence;
    private final List<SyncThread.Done> unsealed = new ArrayList<>();

    Handover(Database database, SyncThread sync, Faults faults, Fence fence) {
        this.sync = sync;
        this.sealer = new Sealer(database);
        this.faults = faults;
        this.fence = fence;
    }

    /** Seals a batch and passes it on. */
    void pass(SyncThread.Done done) {
        if (!done.written() && unsealed.isEmpty()) {
            sync.accept(done);
            return;
        }
        unsealed.add(done);
        seal();
    }

    /** Passes a refusal on, which waits for nothing on the disk. */
    void refuse(Answer<?> answer) {
        sync.accept(new SyncThread.Done(List.of(), List.of(), List.of(answer), 0, 0, false));
    }

    /** Tries again to seal what waits; null, or why that is not possible now. */
    @Nullable
    Failure settle() {
        if (unsealed.isEmpty()) {
            return null;
        }
        Failure now = faults.now();
        if (now == null) {
            return seal();
        }
        Failure fenced = fence.reason();
        if (fenced != null) {
            refuse(fenced);
        }
        return now;
    }

    private @Nullable Failure seal() {
        long end;
        try {
            end = sealer.seal(sync.sealed());
        } catch (RuntimeException | Error e) {
            Failure failure = faults.failure(e);
            Failure fenced = fence.reason();
            if (fenced != null) {
                refuse(fenced);
            }
            return failure;
        }
        faults.passed();
        unsealed.forEach(done -> sync.accept(done.sealed(end)));
        unsealed.clear();
        return null;
    }

    private void refuse(Failure failure) {
        for (SyncThread.Done done : unsealed) {
            done.early().forEach(answer -> refuse(answer, failure));
            done.answers().forEach(answer -> refuse(answer, failure));
        }
        unsealed.clear();
    }

    private void refuse(Answer<?> answer, Failure failure) {
        refuse(new Answer<>(answer.stage(), null, answer.failure() != null ? answer.failure() : failure));
    }

    /** Nothing follows. */
    void end() {
        Failure failure = settle();
        if (failure != null) {
            refuse(new Failure(Failure.Code.UNAVAILABLE, "the store was stopped before this was on the disk"));
        }
        sync.accept(SyncThread.Done.LAST);
    }
}
