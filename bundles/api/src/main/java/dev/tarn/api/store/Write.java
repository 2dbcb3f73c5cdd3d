// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.store;

import java.util.List;

/** Drafts that take effect together or not at all, in this order, if every condition holds. Immutable. */
public record Write(List<Draft> drafts, List<Condition> conditions) {
    public Write {
        drafts = List.copyOf(drafts);
        conditions = List.copyOf(conditions);
    }

    public static Write of(Draft draft) {
        return new Write(List.of(draft), List.of());
    }
}
