// SPDX-License-Identifier: Apache-2.0
package dev.tarn.store;

import dev.tarn.api.data.Body;
import dev.tarn.api.data.Failure;
import dev.tarn.api.store.Draft;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What of a draft can be put together on the thread of whoever writes, so that the committer, of which there is one, has less to
 * do. Holds for the table as it was then; whoever uses it looks whether it still is. What cannot be prepared is left to the
 * committer, refusals included.
 *
 * @param key of the row; null when no row of the table has that path
 * @param payload null when it is the committer's to make
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record Prepared(
        OpenTable table, byte @Nullable [] key, @Nullable Payload payload) {

    /** A copy of longer bodies would wait in the queue beside the body itself. */
    private static final int LONGEST = 4_096;

    /** One for each draft, or nothing at all. */
    static List<Prepared> of(Core core, List<Draft> drafts) {
        List<Prepared> all = new ArrayList<>(drafts.size());
        try {
            for (Draft draft : drafts) {
                OpenTable table = core.catalog().table(draft.table());
                all.add(new Prepared(table, table.key(draft.path()), payload(core, draft, table)));
            }
        } catch (Failure e) {
            return List.of();
        }
        return all;
    }

    private static @Nullable Payload payload(Core core, Draft draft, OpenTable table) {
        Body body = draft.body();
        if (body == null || draft.edit() != null || draft.guard() != null) {
            return null;
        }
        boolean asItIs = table.table().rules().opaque()
                && !body.structured()
                && body.contents().isEmpty();
        return asItIs && body.bytes().length <= LONGEST
                ? core.reader().format().opaque(draft.attributes(), body)
                : null;
    }
}
