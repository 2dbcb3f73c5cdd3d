// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.resource;

import dev.tarn.api.data.Change;
import java.util.List;

/**
 * One change for one subscriber, once, however many of its subscriptions cover it.
 *
 * @param matched the subscriptions that cover it; at least one
 * @param current whether it is the present state of a row, sent because the subscription is new
 * @param resume the sequence that a later subscription may start after without missing or repeating anything; 0 while
 *     that is not possible (an unlogged message, or current rows are still being sent)
 * @param crossing for the one subscription with a live query that it is for; else NONE
 */
public record Delivery(Change change, List<Subscription> matched, boolean current, long resume, Crossing crossing) {
    /** One that no live query is about. */
    public Delivery(Change change, List<Subscription> matched, boolean current, long resume) {
        this(change, matched, current, resume, Crossing.NONE);
    }
}
