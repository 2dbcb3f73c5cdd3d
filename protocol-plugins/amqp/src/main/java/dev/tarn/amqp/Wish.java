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
 * @param selector which of the changes; null for all. The interest has it as a condition
 * @param source as it is answered: with the address, and only the filters that are honoured
 * @param settled whether transfers are sent settled: at most once
 * @param kept what keeps changes for it by name; null where the subscription ends with the link
 */
record Wish(
        Filter filter,
        Start start,
        Interest interest,
        @Nullable Selector selector,
        Format format,
        Source source,
        boolean settled,
        @Nullable FeedRequest kept) {

    private static final Symbol QUERY = Symbol.valueOf("tarn:query");
    private static final Symbol SEQUENCE = Symbol.valueOf("x-opt-sequence-number");
    private static final Symbol OMIT_CURRENT = Symbol.valueOf("omit-current");
    private static final Symbol ACCEPT = Symbol.valueOf("accept");
    private static final UnsignedLong SELECTOR_CODE = UnsignedLong.valueOf(0x468C00000004L);
    private static final UnsignedLong NO_LOCAL_CODE = UnsignedLong.valueOf(0x468C00000003L);

    /** Reads the attach of the peer. Fails with a {@link Refusal} or {@link Failure} for what is not offered. */
    static Wish of(Source source, Sender link, Line line) {
        boolean dynamic = source.isDynamic();
        if (dynamic) {
            source.setAddress(Address.made());
        }
        if (source.getAddress() == null) {
            throw new Refusal(AmqpError.INVALID_FIELD, "a source without an address");
        }
        Filters filters = Filters.of(source.getFilter());
        source.setFilter(filters.honoured().isEmpty() ? null : filters.honoured());
        Map<Symbol, Object> properties = link.getRemoteProperties();
        Start start = dynamic || (properties != null && Messages.yes(properties.get(OMIT_CURRENT)))
                ? Start.LIVE
                : Start.CURRENT;
        boolean settled = link.getRemoteSenderSettleMode() == SenderSettleMode.SETTLED;
        Keeping keeping = Keeping.of(source, link, line);
        if (keeping.kept() && filters.query() != null) {
            throw new Refusal(AmqpError.NOT_IMPLEMENTED, "a query on a subscription that is kept; use a selector");
        }
        String group = keeping.group();
        return new Wish(
                Address.filter(source.getAddress()),
                filters.after() == null ? start : Start.after(filters.after()),
                new Interest(
                                settled ? 0 : 2,
                                filters.noLocal(),
                                // All links that share a subscription have one selector.
                                group == null || filters.text() == null ? group : group + "\n" + filters.text())
                        .querying(filters.query())
                        .where(
                                filters.selector() == null
                                        ? null
                                        : filters.selector().on(line.codec())),
                filters.selector(),
                Format.accepted(properties == null ? null : properties.get(ACCEPT)),
                source,
                settled,
                keeping.kept() ? keeping.request(filters.text(), filters.noLocal(), filters.after(), start) : null);
    }

    /** What a link asks for that has no source: the subscription of its name that is there. */
    static Wish known(Sender link, Line line, boolean shared) {
        boolean global = has(link.getRemoteDesiredCapabilities(), "global");
        FeedRequest request = new FeedRequest(
                Keeping.key(link.getName(), line, shared || global, global),
                new FeedTerms("#", null, false),
                -1,
                false,
                -1,
                false);
        return new Wish(Filter.of("#"), Start.LIVE, Interest.ALL, null, Format.SENT, new Source(), false, request);
    }

    FeedRequest request() {
        return java.util.Objects.requireNonNull(kept, "nothing is kept");
    }

    /** With the source as it is kept. */
    void describe(FeedTerms terms) {
        if (source.getAddress() == null) {
            source.setAddress(terms.filter())
                    .setDurable(TerminusDurability.UNSETTLED_STATE)
                    .setExpiryPolicy(TerminusExpiryPolicy.NEVER);
        }
    }

    static boolean has(Symbol @Nullable [] capabilities, String wanted) {
        return capabilities != null
                && Arrays.stream(capabilities).anyMatch(symbol -> wanted.equals(String.valueOf(symbol)));
    }

    /** The filters of a source: those that are known, and what they say. */
    private record Filters(
            Map<Symbol, Object> honoured,
            boolean noLocal,
            @Nullable Selector selector,
            @Nullable String text,
            @Nullable String query,
            @Nullable Long after) {

        static Filters of(@Nullable Map<Symbol, Object> asked) {
            Map<Symbol, Object> honoured = new LinkedHashMap<>();
            boolean noLocal = false;
            String text = null;
            String query = null;
            Long after = null;
            for (Map.Entry<Symbol, Object> entry : (asked == null ? Map.<Symbol, Object>of() : asked).entrySet()) {
                Object value = entry.getValue();
                Object descriptor = value instanceof DescribedType described ? described.getDescriptor() : null;
                Object plain = value instanceof DescribedType described ? described.getDescribed() : value;
                boolean known = true;
                if (is(descriptor, SELECTOR_CODE, "apache.org:selector-filter:string")) {
                    if (!(plain instanceof String condition)) {
                        throw new Refusal(AmqpError.INVALID_FIELD, "a selector that is no string");
                    }
                    text = and(text, condition);
                } else if (is(descriptor, PropertiesFilter.PROPERTIES, "amqp:properties-filter")) {
                    text = and(text, PropertiesFilter.properties(plain));
                } else if (is(descriptor, PropertiesFilter.APPLICATION, "amqp:application-properties-filter")) {
                    text = and(text, PropertiesFilter.application(plain));
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
            Selector selector = text == null ? null : Selector.of(text);
            Long from = selector == null ? null : selector.after();
            return new Filters(honoured, noLocal, selector, text, query, after == null ? from : after);
        }

        private static String and(@Nullable String before, String more) {
            return before == null ? more : "(" + before + ") AND (" + more + ")";
        }

        private static boolean is(@Nullable Object descriptor, UnsignedLong code, String name) {
            return code.equals(descriptor) || name.equals(String.valueOf(descriptor));
        }
    }
}
