// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import org.jspecify.annotations.Nullable;

/**
 * What a {@link Feed} was asked to be: who asks for something else under the same name gets a new one.
 *
 * @param filter as the client spelled it, in the words of filters
 * @param selector of all who have it; null for none, and for queues, whose clients have their own
 * @param noLocal whether what the client sends itself is left out
 */
record FeedTerms(String filter, @Nullable String selector, boolean noLocal) {}
