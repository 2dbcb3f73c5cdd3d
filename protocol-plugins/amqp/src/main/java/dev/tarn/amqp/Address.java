// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import dev.tarn.api.data.Failure;
import dev.tarn.api.data.Filter;
import dev.tarn.api.data.Path;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.apache.qpid.protonj2.types.Symbol;
import org.jspecify.annotations.Nullable;

/** Reads addresses as AMQP clients write them. */
final class Address {
    private Address() {}

    private static final List<String> KINDS = List.of("topic://", "queue://");

    /** An address for who asks for one, such as for answers: hidden from filters that begin with a wildcard. */
    static String made() {
        return "$reply/" + UUID.randomUUID();
    }

    /** Whether an address is that of a queue: by what it begins with or by the terminus' capabilities. */
    static boolean queue(@Nullable String address, Symbol @Nullable [] capabilities) {
        boolean said = address != null && address.regionMatches(true, 0, "queue://", 0, "queue://".length());
        return said || Wish.has(capabilities, "queue") || Wish.has(capabilities, "temporary-queue");
    }

    /** The path that an address names. Fails with MALFORMED. */
    static Path path(String address) {
        Path path = Path.of(bare(address));
        String first = path.first();
        if (first.equals("$SYS") || first.equals("$share")) {
            throw new Failure(Failure.Code.MALFORMED, "addresses under " + first + " are the server's own");
        }
        return path;
    }

    /** The filter that an address stands for: {@code *} and {@code +} are any one segment, {@code #} any rest. */
    static Filter filter(String address) {
        String text = bare(address);
        if (text.indexOf('*') < 0) {
            return Filter.of(text);
        }
        StringBuilder filter = new StringBuilder(text.length());
        for (String segment : text.split("/", -1)) {
            filter.append(filter.length() == 0 && !text.startsWith("/") ? "" : "/")
                    .append(segment.equals("*") ? "+" : segment);
        }
        return Filter.of(text.startsWith("/") ? filter.substring(1) : filter.toString());
    }

    /** Without what some clients put before the path: {@code amqps://host:port/}, {@code topic://}. */
    static String bare(String address) {
        String lower = address.substring(0, Math.min(8, address.length())).toLowerCase(Locale.ROOT);
        for (String kind : KINDS) {
            if (lower.equals(kind)) {
                return address.substring(kind.length());
            }
        }
        if (lower.startsWith("amqp://") || lower.equals("amqps://")) {
            int host = address.indexOf("//") + 2;
            int slash = address.indexOf('/', host);
            return slash < 0 ? "" : address.substring(slash + 1);
        }
        return address;
    }
}
