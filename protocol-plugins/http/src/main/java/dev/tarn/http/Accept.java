// SPDX-License-Identifier: Apache-2.0
package dev.tarn.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a client can read, from its Accept header (RFC 9110 §12.5.1). Immutable. */
final class Accept {
    private static final Accept ANYTHING = new Accept(List.of());

    private final List<Range> ranges;

    private record Range(String type, String subtype, int thousandths) {
        /** How exactly it names the media type; -1 when it does not cover it. */
        int precision(String essence) {
            if (type.equals("*")) {
                return 0;
            }
            int slash = essence.indexOf('/');
            if (!essence.substring(0, Math.max(slash, 0)).equals(type)) {
                return -1;
            } else if (subtype.equals("*")) {
                return 1;
            }
            return essence.substring(slash + 1).equals(subtype) ? 2 : -1;
        }
    }

    private Accept(List<Range> ranges) {
        this.ranges = ranges;
    }

    static Accept of(List<String> headers) {
        if (headers.isEmpty() || (headers.size() == 1 && headers.get(0).equals("*/*"))) {
            return ANYTHING;
        }
        List<Range> ranges = new ArrayList<>();
        for (String header : headers) {
            for (String element : header.toLowerCase(Locale.ROOT).split(",")) {
                Range range = range(element);
                if (range != null) {
                    ranges.add(range);
                }
            }
        }
        return new Accept(ranges);
    }

    private static @Nullable Range range(String element) {
        String[] parts = element.split(";");
        String essence = parts[0].strip();
        int slash = essence.indexOf('/');
        if (slash < 1) {
            return null;
        }
        int quality = 1000;
        for (int i = 1; i < parts.length; i++) {
            String parameter = parts[i].strip();
            if (parameter.startsWith("q=")) {
                quality = thousandths(parameter.substring(2));
            }
        }
        return new Range(essence.substring(0, slash), essence.substring(slash + 1), quality);
    }

    private static int thousandths(String text) {
        try {
            double quality = Double.parseDouble(text);
            return quality >= 0 && quality <= 1 ? (int) Math.round(quality * 1000) : 0;
        } catch (NumberFormatException odd) {
            return 0;
        }
    }

    /** The quality of a media type (lower case, without parameters) in thousandths; 0 when it is not acceptable. */
    int quality(String essence) {
        if (ranges.isEmpty()) {
            return 1000;
        }
        int precision = -1;
        int quality = 0;
        for (Range range : ranges) {
            int other = range.precision(essence);
            if (other > precision) {
                precision = other;
                quality = range.thousandths();
            }
        }
        return quality;
    }

    /** Whether it has exactly this media type and not just a range that covers it. */
    boolean names(String essence) {
        for (Range range : ranges) {
            if (range.precision(essence) == 2) {
                return true;
            }
        }
        return false;
    }
}
