// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Start;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.qpid.protonj2.engine.Sender;
import org.apache.qpid.protonj2.types.DescribedType;
import org.apache.qpid.protonj2.types.Symbol;
import org.apache.qpid.protonj2.types.UnsignedLong;
import org.apache.qpid.protonj2.types.messaging.Source;
import org.apache.qpid.protonj2.types.messaging.TerminusDurability;
import org.apache.qpid.protonj2.types.messaging.TerminusExpiryPolicy;
import org.apache.qpid.protonj2.types.transport.AmqpError;
import org.apache.qpid.protonj2.types.transport.SenderSettleMode;
import org.jspecify.annotations.Nullable;

/**
 * What a peer that attaches to receive wants.
 *
 * @param selector which of the changes; null for all
 * @param source as it is answered: with the address, and only the filters that are honoured
 * @param settled whether transfers are sent settled: at most once
 */
record Wish(
        Filter filter,
        Start start,
        Interest interest,
        @Nullable Selector selector,
        Format format,
        Source source,
        boolean settled) {

    private static final Symbol QUERY = Symbol.valueOf("tarn:query");
    private static final Symbol SEQUENCE = Symbol.valueOf("x-opt-sequence-number");
    private static final Symbol OMIT_CURRENT = Symbol.valueOf("omit-current");
    private static final Symbol ACCEPT = Symbol.valueOf("accept");
    private static final UnsignedLong SELECTOR_CODE = UnsignedLong.valueOf(0x468C00000004L);
    private static final UnsignedLong NO_LOCAL_CODE = UnsignedLong.valueOf(0x468C00000003L);

    /** Reads the attach of the peer. Fails with a {@link Refusal} or {@link Failure} for what is not offered. */
    static Wish of(Source source, Sender link, Line line) {
        refuseQueues(source.getCapabilities());
        boolean dynamic = source.isDynamic();
        if (dynamic) {
            source.setAddress(Address.made());
        }
        if (source.getAddress() == null) {
            throw new Refusal(AmqpError.INVALID_FIELD, "a source without an address");
        }
        boolean shared = has(source.getCapabilities(), "shared");
        boolean durable = source.getDurable() != null && source.getDurable() != TerminusDurability.NONE;
        if (durable || source.getExpiryPolicy() == TerminusExpiryPolicy.NEVER) {
            throw new Refusal(AmqpError.NOT_IMPLEMENTED, "durable subscriptions are not offered");
        }
        Filters filters = Filters.of(source.getFilter());
        source.setFilter(filters.honoured().isEmpty() ? null : filters.honoured());
        Map<Symbol, Object> properties = link.getRemoteProperties();
        Start start = dynamic || (properties != null && Messages.yes(properties.get(OMIT_CURRENT)))
                ? Start.LIVE
                : Start.CURRENT;
        boolean settled = link.getRemoteSenderSettleMode() == SenderSettleMode.SETTLED;
        String group = shared ? group(link.getName(), source, line) : null;
        return new Wish(
                Address.filter(source.getAddress()),
                filters.after() == null ? start : Start.after(filters.after()),
                new Interest(settled ? 0 : 2, filters.noLocal(), group).querying(filters.query()),
                filters.selector(),
                Format.accepted(properties == null ? null : properties.get(ACCEPT)),
                source,
                settled);
    }

    /** The name of a shared subscription, of one container unless it is global; JMS clients number its links after "|". */
    private static String group(String link, Source source, Line line) {
        int end = link.indexOf('|');
        String name = end < 0 ? link : link.substring(0, end);
        return has(source.getCapabilities(), "global") ? "amqp//" + name : "amqp/" + line.container() + "/" + name;
    }

    static void refuseQueues(Symbol @Nullable [] capabilities) {
        if (has(capabilities, "queue") || has(capabilities, "temporary-queue")) {
            throw new Refusal(
                    AmqpError.NOT_IMPLEMENTED, "queues are not offered; share a subscription to a topic instead");
        }
    }

    private static boolean has(Symbol @Nullable [] capabilities, String wanted) {
        return capabilities != null
                && Arrays.stream(capabilities).anyMatch(symbol -> wanted.equals(String.valueOf(symbol)));
    }

    /** The filters of a source: those that are known, and what they say. */
    private record Filters(
            Map<Symbol, Object> honoured,
            boolean noLocal,
            @Nullable Selector selector,
            @Nullable String query,
            @Nullable Long after) {

        static Filters of(@Nullable Map<Symbol, Object> asked) {
            Map<Symbol, Object> honoured = new LinkedHashMap<>();
            boolean noLocal = false;
            Selector selector = null;
            String query = null;
            Long after = null;
            for (Map.Entry<Symbol, Object> entry : (asked == null ? Map.<Symbol, Object>of() : asked).entrySet()) {
                Object value = entry.getValue();
                Object descriptor = value instanceof DescribedType described ? described.getDescriptor() : null;
                Object plain = value instanceof DescribedType described ? described.getDescribed() : value;
                boolean known = true;
                if (is(descriptor, SELECTOR_CODE, "apache.org:selector-filter:string")) {
                    selector = Selector.of(String.valueOf(plain));
                } else if (is(descriptor, NO_LOCAL_CODE, "apache.org:no-local-filter:list")) {
                    noLocal = true;
                } else if (SEQUENCE.equals(entry.getKey())) {
                    after = Values.number("x-opt-sequence-number", plain);
                } else if (QUERY.equals(entry.getKey())) {
                    query = String.valueOf(plain);
                } else {
                    known = false;
                }
                if (known) {
                    honoured.put(entry.getKey(), value);
                }
            }
            Long from = selector == null ? null : selector.after();
            return new Filters(honoured, noLocal, selector, query, after == null ? from : after);
        }

        private static boolean is(@Nullable Object descriptor, UnsignedLong code, String name) {
            return code.equals(descriptor) || name.equals(String.valueOf(descriptor));
        }
    }
}
