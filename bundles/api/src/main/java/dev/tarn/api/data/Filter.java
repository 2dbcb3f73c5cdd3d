// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.data;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which paths a subscription covers: segments as in a {@link Path}, where {@code +} stands for any one segment and a
 * final {@code #} for any number of them, none included [MQTT-4.7.1-1] to [MQTT-4.7.1-3]. A filter that begins with a
 * wildcard covers no path that begins with {@code $} [MQTT-4.7.2-1]. Immutable.
 */
public final class Filter {

    private final String text;

    private Filter(String text) {
        this.text = text;
    }

    /**
     * The filter with this text.
     * [MQTT-4.7.1-1], [MQTT-4.7.1-2]; 3.1.1 [MQTT-4.7.1-3]
     *
     * @throws Failure MALFORMED when it is empty, too long, has U+0000 or a lone surrogate, or a wildcard that does not
     *     fill its segment, or {@code #} before the end
     */
    public static Filter of(String text) {
        Path.Texts.check(text, "filter");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '+' || c == '#') {
                boolean begins = i == 0 || text.charAt(i - 1) == '/';
                boolean last = i == text.length() - 1;
                boolean ends = last || (c == '+' && text.charAt(i + 1) == '/');
                if (!begins || !ends) {
                    throw new Failure(
                            Failure.Code.MALFORMED,
                            "wildcard " + c + " at " + i + " must be a segment of its own"
                                    + (c == '#' ? ", the last one" : ""));
                }
            }
        }
        return new Filter(text);
    }

    /** The filter that covers just this path. */
    public static Filter of(Path path) {
        return new Filter(path.text());
    }

    public String text() {
        return text;
    }

    /** The segments; at least one. */
    public List<String> segments() {
        return Path.Texts.split(text);
    }

    /** The first segment; may be {@code +} or {@code #}. */
    public String first() {
        int slash = text.indexOf('/');
        return slash < 0 ? text : text.substring(0, slash);
    }

    /** This filter with another first segment. */
    public Filter withFirst(String first) {
        int slash = text.indexOf('/');
        return of(slash < 0 ? first : first + text.substring(slash));
    }

    public boolean startsWithWildcard() {
        char c = text.charAt(0);
        return c == '+' || c == '#';
    }

    /** True when there is no wildcard at all, so that this filter covers one path. */
    public boolean exact() {
        return text.indexOf('+') < 0 && text.indexOf('#') < 0;
    }

    /** Whether this filter covers the path. Walks both texts once, allocates nothing. */
    public boolean covers(Path path) {
        String topic = path.text();
        if (topic.charAt(0) == '$' && startsWithWildcard()) {
            return false;
        }
        int f = 0;
        int t = 0;
        while (true) {
            char c = f < text.length() ? text.charAt(f) : '/';
            if (c == '#') {
                return true;
            }
            int topicEnd = end(topic, t);
            int filterEnd = end(text, f);
            if (c == '+' && filterEnd == f + 1) {
                f = filterEnd;
            } else if (filterEnd - f == topicEnd - t && text.regionMatches(f, topic, t, filterEnd - f)) {
                f = filterEnd;
            } else {
                return false;
            }
            boolean filterDone = f >= text.length();
            boolean topicDone = topicEnd >= topic.length();
            if (filterDone || topicDone) {
                return filterDone ? topicDone : text.length() == f + 2 && text.charAt(f + 1) == '#';
            }
            f++;
            t = topicEnd + 1;
        }
    }

    private static int end(String text, int from) {
        int slash = text.indexOf('/', from);
        return slash < 0 ? text.length() : slash;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Filter filter && filter.text.equals(text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
