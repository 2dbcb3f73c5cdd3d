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

    /**
     * Every logged change up to this sequence is settled: delivered, or older than a subscription that begins LIVE, which
     * can so be resumed before anything has come. Grows. On the mailbox's loop.
     */
    long settled();

    /**
     * Begins anew with another interest and tag, as if cancelled and subscribed again with the same filter, but without
     * losing what is on its way [MQTT-3.8.4-3]. The group stays as it is. On the mailbox's loop.
     *
     * @param start CURRENT sends the current rows again; anything else only goes on
     */
    void renew(Start start, Interest interest, @Nullable Object tag);

    /**
     * For a member of a shared group: hands a change that was delivered and not acknowledged to another member, if there
     * is one. On the mailbox's loop, before the subscription is cancelled or the mailbox closed; what was not delivered
     * yet is handed on without this.
     */
    void giveBack(Change change);

    /** Ends it; nothing more is delivered for it alone. On the mailbox's loop. */
    void cancel();
}
