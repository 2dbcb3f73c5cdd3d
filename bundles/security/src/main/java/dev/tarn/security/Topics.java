// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.data.Table;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Filters that somebody was given. Immutable; safe on any thread. */
final class Topics {

    static final Topics NONE = new Topics(List.of());

    private final List<String[]> filters;

    private Topics(List<String[]> filters) {
        this.filters = filters;
    }

    /**
     * Filters with the names put in.
     *
     * @param client empty for none
     */
    static Topics of(List<String> filters, String user, String client) {
        List<String[]> all = new ArrayList<>();
        for (String filter : filters) {
            boolean possible = (!filter.contains("%u") || plain(user)) && (!filter.contains("%c") || plain(client));
            if (possible) {
                all.add(levels(filter.replace("%u", user).replace("%c", client)));
            }
        }
        return all.isEmpty() ? NONE : new Topics(all);
    }

    /** Whether a name can stand in a filter without being more than one level of it. */
    private static boolean plain(String name) {
        return !name.isEmpty()
                && name.charAt(0) != '$'
                && name.chars().noneMatch(c -> c == '+' || c == '#' || c == '/' || c == '%' || c < ' ');
    }

    private static String[] levels(String filter) {
        return filter.split("/", -1);
    }

    /** The same filters as they are spelled for a table: its own first level counts in any case. */
    Topics within(Table table) {
        String export = table.export();
        if (export == null || export.isEmpty()) {
            return this;
        }
        List<String[]> spelled = new ArrayList<>();
        for (String[] filter : filters) {
            boolean same = filter[0].toLowerCase(Locale.ROOT).equals(export.toLowerCase(Locale.ROOT));
            if (same || filter[0].equals("+") || filter[0].equals("#")) {
                String[] own = filter.clone();
                own[0] = same ? export : own[0];
                spelled.add(own);
            }
        }
        return new Topics(spelled);
    }

    boolean isEmpty() {
        return filters.isEmpty();
    }

    /** Whether one of the filters covers all that this path or filter does. */
    boolean cover(String text) {
        if (filters.isEmpty()) {
            return false;
        }
        String[] asked = levels(text);
        for (String[] filter : filters) {
            if (covers(filter, asked)) {
                return true;
            }
        }
        return false;
    }

    static boolean covers(String[] filter, String[] asked) {
        boolean hidden = asked[0].startsWith("$");
        if (hidden && (filter[0].equals("#") || filter[0].equals("+"))) {
            // [MQTT-4.7.2-1]
            return false;
        }
        for (int i = 0; i < filter.length; i++) {
            if (filter[i].equals("#")) {
                return true;
            }
            if (i == asked.length || asked[i].equals("#")) {
                return false;
            }
            if (!filter[i].equals("+") && !filter[i].equals(asked[i])) {
                return false;
            }
        }
        return filter.length == asked.length;
    }

    @Override
    public String toString() {
        return filters.stream().map(Arrays::toString).toList().toString();
    }
}
