// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.security;

import dev.tarn.api.data.Body;
import dev.tarn.api.store.Draft;
import java.net.SocketAddress;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;

/** Keeps what an administrator may have to answer for, in {@code system.audit}. Safe on any thread. */
@ProviderType
public interface Audit {
    /** Writes it down, soon; never blocks. What comes faster than it can be written is counted, and the count is written. */
    void record(Event event);

    /**
     * Writes down what is about to be done. The stage completes when that is durable, and fails when it cannot be: then it is not to
     * be done. Never blocks.
     */
    CompletionStage<Void> enter(Event event);

    /**
     * An entry that is written in one commit with the changes that it tells of, behind their drafts: the one is there when the others
     * are.
     *
     * @param told what has happened, asked for on the committer thread, perhaps more than once; null for nothing
     */
    Draft entry(Supplier<@Nullable Event> told);

    /**
     * Whether changes of this table's rows are to be written down, too. Quick.
     *
     * @param table qualified
     */
    default boolean follows(String table) {
        return false;
    }

    /**
     * Something that happened.
     *
     * @param what such as {@code login}, or the name of an operation
     * @param who the user's name, as far as it is known
     * @param protocol over which; empty for none
     * @param from the peer, or null
     * @param detail never a secret; empty for nothing
     * @param row what a row was and has become; null where no row changed
     */
    record Event(
            String what,
            String who,
            String protocol,
            @Nullable SocketAddress from,
            boolean allowed,
            String detail,
            @Nullable Changed row) {

        /** Something that changed no row. */
        public Event(
                String what,
                String who,
                String protocol,
                @Nullable SocketAddress from,
                boolean allowed,
                String detail) {
            this(what, who, protocol, from, allowed, detail, null);
        }
    }

    /**
     * What a row was and has become.
     *
     * @param before null where there was none
     * @param after null where there is none any more
     */
    record Changed(@Nullable Body before, @Nullable Body after) {}
}
