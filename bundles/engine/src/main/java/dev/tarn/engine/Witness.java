// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Row;
import dev.tarn.api.security.Audit;
import dev.tarn.api.store.Guard;
import org.jspecify.annotations.Nullable;

/**
 * Sees what a row was and becomes, for the audit trail, and leaves to another what may be. On the committer thread, where
 * it is also read.
 */
final class Witness implements Guard {

    private final @Nullable Guard guard;
    private Audit.@Nullable Changed seen;

    /** @param guard who decides; null where everything is allowed */
    Witness(@Nullable Guard guard) {
        this.guard = guard;
    }

    @Override
    public void before(@Nullable Row before) {
        seen = before == null ? null : new Audit.Changed(before.body(), null);
        if (guard != null) {
            guard.before(before);
        }
    }

    @Override
    public Body after(@Nullable Row before, Body after) {
        Body kept = guard == null ? after : guard.after(before, after);
        seen = new Audit.Changed(before == null ? null : before.body(), kept);
        return kept;
    }

    /** What it saw last; null where nothing was there and nothing is. */
    Audit.@Nullable Changed seen() {
        return seen;
    }
}
