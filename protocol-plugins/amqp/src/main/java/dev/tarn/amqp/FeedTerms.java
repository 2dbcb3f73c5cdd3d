// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Feed} was asked to be: who asks for something else under the same name gets a new one.
 *
 * @param filter as the client spelled it, in the words of filters
 * @param selector of all who have it; null for none, and for queues, whose clients have their own
 * @param noLocal whether what the client sends itself is left out
 */
record FeedTerms(String filter, @Nullable String selector, boolean noLocal) {

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof FeedTerms terms
                && filter.equals(terms.filter)
                && Objects.equals(selector, terms.selector)
                && noLocal == terms.noLocal;
    }

    @Override
    public int hashCode() {
        return Objects.hash(filter, selector, noLocal);
    }
}
