// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Row;
import dev.tarn.api.security.Audit;
import dev.tarn.api.store.Guard;
import org.jspecify.annotations.Nullable;

/**
 * Sees what a row was and becomes, for the audit trail, and leaves to another what may be. On the committer thread; read once
 * the commit is durable.
 */
final class Witness implements Guard {

    private final @Nullable Guard guard;
    private volatile Audit.@Nullable Changed seen;

    /** @param guard who decides; null where everything is allowed */
    Witness(@Nullable Guard guard) {
        this.guard = guard;
    }

    @Override
    public void before(@Nullable Row before) {
        seen = new Audit.Changed(before == null ? null : before.body(), null);
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

    /** What it saw last; null where it was not asked. */
    Audit.@Nullable Changed seen() {
        return seen;
    }
}
