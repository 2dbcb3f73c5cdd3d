// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.resource;

import dev.tarn.api.data.Failure;
import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/** Receives changes. Every method is called on the mailbox's loop and must not block. */
@ConsumerType
public interface Subscriber {
    /** Changes in order, no more than were requested. The list is reused after the call. */
    void deliver(List<Delivery> batch);

    /** So many unlogged changes were dropped because the mailbox was full. */
    void missed(long changes);

    /**
     * Logged changes up to this sequence were left out by the condition of a subscription ({@link Interest#where}), and all others up
     * to it that it covers were delivered before.
     */
    default void passed(long sequence) {}

    /**
     * There is no room for an unlogged message above quality of service 0. Who can make sure that such messages are
     * logged from now on, by a {@link DurableSession}, does so and returns true: what is on its way already is then kept
     * beyond the bound. Otherwise the mailbox ends with BUSY.
     */
    default boolean crowded() {
        return false;
    }

    /**
     * The current rows of this subscription have all been delivered.
     *
     * @param sequence from where to resume later: everything up to it has been delivered for this subscription
     */
    void current(Subscription subscription, long sequence);

    /** The log no longer reaches back to where the subscription should start; its current rows follow instead. */
    void reset(Subscription subscription);

    /** The mailbox is closed by the server: access revoked (FORBIDDEN), too slow (BUSY), stopping (UNAVAILABLE). */
    void ended(Failure why);
}
