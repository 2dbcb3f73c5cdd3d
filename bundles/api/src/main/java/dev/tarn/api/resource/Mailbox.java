// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.resource;

import dev.tarn.api.data.Filter;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;

/**
 * What one subscriber is to be told, bounded in changes and bytes. When it overflows, logged changes are read again from
 * the log once there is room, unlogged ones are counted as {@link Subscriber#missed} or, above quality of service 0, end
 * it with BUSY. All methods are called on the mailbox's loop.
 */
@ProviderType
public interface Mailbox extends AutoCloseable {

    /**
     * Begins to cover a filter. Nothing is delivered for it before this method has returned.
     *
     * @param tag whatever the subscriber wants to find on the subscription again
     * @throws dev.tarn.api.data.Failure FORBIDDEN, NOT_FOUND where unmapped paths are refused, UNSUPPORTED, FULL when
     *     there are too many subscriptions
     */
    default Subscription subscribe(Filter filter, Start start, @Nullable Object tag) {
        return subscribe(filter, start, Interest.ALL, tag);
    }

    /**
     * As {@link #subscribe(Filter, Start, Object)}, of what the filter covers only what the interest says.
     *
     * @throws dev.tarn.api.data.Failure as there
     */
    Subscription subscribe(Filter filter, Start start, Interest interest, @Nullable Object tag);

    /**
     * Allows so many more changes to be delivered; adds up, never overflows. Nothing is delivered before the first
     * request.
     */
    void request(long changes);

    /** Forgets everything; nothing is delivered after it has returned. */
    @Override
    void close();
}
