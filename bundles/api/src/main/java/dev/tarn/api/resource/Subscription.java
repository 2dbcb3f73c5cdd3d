// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.resource;

import dev.tarn.api.data.Change;
import dev.tarn.api.data.Filter;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;

/** One filter in a {@link Mailbox}. */
@ProviderType
public interface Subscription {
    /** The filter as the subscriber spelled it. */
    Filter filter();

    /** What was given to {@link Mailbox#subscribe}. */
    @Nullable
    Object tag();

    /** The change's path as this subscription spells it: its own first segment, unless that is a wildcard. */
    String topic(Change change);

    /** Ends it; nothing more is delivered for it alone. On the mailbox's loop. */
    void cancel();
}
