// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.Start;
import org.apache.qpid.protonj2.engine.Sender;
import org.apache.qpid.protonj2.types.messaging.Source;
import org.apache.qpid.protonj2.types.messaging.TerminusDurability;
import org.apache.qpid.protonj2.types.messaging.TerminusExpiryPolicy;
import org.apache.qpid.protonj2.types.transport.AmqpError;
import org.jspecify.annotations.Nullable;

/**
 * Whether and how what a source stands for is kept for its client, AMQP 1.0 §3.5.3: its durability, when it expires, and the
 * capabilities that brokers agree on.
 *
 * @param key of what is kept; null where nothing is
 * @param group of a shared subscription of which nothing is kept; null for none
 * @param filter as it is spelled in filters
 * @param timeout seconds after the link; -1 for ever
 */
record Keeping(@Nullable FeedKey key, @Nullable String group, String filter, long timeout) {

    /** Seconds of a terminus that never expires. */
    private static final long FOR_EVER = -1;

    /** Reads it from an attach. Fails with a {@link Refusal} or {@link Failure} for what is not offered. */
    static Keeping of(Source source, Sender link, Line line) {
        if (source.isDynamic()) {
            return new Keeping(null, null, source.getAddress(), 0);
        }
        boolean copying = source.getDistributionMode() != null
                && source.getDistributionMode().toString().equals("copy");
        if (Address.queue(source.getAddress(), source.getCapabilities())) {
            if (copying) {
                throw new Refusal(
                        AmqpError.NOT_IMPLEMENTED,
                        "queues cannot be browsed; receive from the path as a topic instead");
            }
            String path = Address.path(source.getAddress()).text();
            FeedKey temporary = FeedKey.temporary(path);
            if (Wish.has(source.getCapabilities(), "temporary-queue")) {
                return new Keeping(temporary, null, path, FOR_EVER);
            }
            return new Keeping(FeedKey.queue(path), null, path, FOR_EVER);
        }
        String filter = Address.filter(source.getAddress()).text();
        boolean shared = Wish.has(source.getCapabilities(), "shared");
        boolean global = Wish.has(source.getCapabilities(), "global");
        boolean never = source.getExpiryPolicy() == TerminusExpiryPolicy.NEVER;
        boolean durable = source.getDurable() != null && source.getDurable() != TerminusDurability.NONE;
        FeedKey key = key(link.getName(), line, shared, global);
        if (durable || never) {
            long timeout = source.getTimeout() == null ? 0 : source.getTimeout().longValue();
            return new Keeping(key, null, filter, never ? FOR_EVER : timeout);
        }
        return new Keeping(null, shared ? "amqp/" + key : null, filter, 0);
    }

    /** JMS clients number the links of one subscription after a bar. */
    static FeedKey key(String link, Line line, boolean shared, boolean global) {
        int end = shared ? link.indexOf('|') : -1;
        String name = end < 0 ? link : link.substring(0, end);
        return new FeedKey(
                shared ? FeedKey.Kind.SHARED : FeedKey.Kind.DURABLE,
                global ? "" : line.context().user().name(),
                global ? "" : line.container(),
                name);
    }

    boolean kept() {
        return key != null;
    }

    FeedRequest request(@Nullable String selector, boolean noLocal, @Nullable Long after, Start start) {
        FeedKey asked = java.util.Objects.requireNonNull(key, "nothing is kept");
        FeedTerms terms = new FeedTerms(filter, asked.queue() ? null : selector, noLocal && asked.exclusive());
        boolean rows = asked.exclusive() && after == null && start.equals(Start.CURRENT);
        return new FeedRequest(
                asked, terms, after == null ? -1 : after, rows, timeout, asked.kind() != FeedKey.Kind.TEMPORARY);
    }
}
