// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import java.time.Duration;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.BitSet;
import java.util.List;

/** When something is due, as crontab(5) says it: minute, hour, day of month, month, day of week (0 and 7 are Sunday). */
final class Cron {

    /** The fewest and the most of each field. */
    private static final int[][] BOUNDS = {{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 7}};

    private static final List<String> NAMES = List.of("minute", "hour", "day of month", "month", "day of week");

    private final BitSet[] fields = new BitSet[5];
    private final boolean anyDay;
    private final boolean anyWeekday;

    private Cron(String[] parts) {
        for (int i = 0; i < 5; i++) {
            fields[i] = field(i, parts[i]);
        }
        if (fields[4].get(7)) {
            fields[4].set(0);
        }
        anyDay = parts[2].startsWith("*");
        anyWeekday = parts[4].startsWith("*");
    }

    /** @throws IllegalArgumentException when it cannot be read */
    static Cron of(String text) {
        String[] parts = text.strip().split("\\s+", -1);
        if (parts.length != 5) {
            throw new IllegalArgumentException(
                    "cron \"" + text + "\" has not five fields: " + String.join(", ", NAMES));
        }
        Cron cron = new Cron(parts);
        cron.after(ZonedDateTime.now(ZoneId.systemDefault()));
        return cron;
    }

    private static BitSet field(int which, String text) {
        BitSet set = new BitSet();
        for (String part : text.split(",", -1)) {
            String[] stepped = part.split("/", 2);
            int step = stepped.length == 2 ? number(which, stepped[1], 1, 60) : 1;
            int from = BOUNDS[which][0];
            int to = BOUNDS[which][1];
            if (!stepped[0].equals("*")) {
                String[] range = stepped[0].split("-", 2);
                from = number(which, range[0], BOUNDS[which][0], BOUNDS[which][1]);
                to = range.length == 2
                        ? number(which, range[1], from, BOUNDS[which][1])
                        : stepped.length == 2 ? BOUNDS[which][1] : from;
            }
            for (int each = from; each <= to; each += step) {
                set.set(each);
            }
        }
        return set;
    }

    private static int number(int which, String text, int from, int to) {
        try {
            int number = Integer.parseInt(text);
            if (number >= from && number <= to) {
                return number;
            }
        } catch (NumberFormatException none) {
            throw wrong(which, text, from, to);
        }
        throw wrong(which, text, from, to);
    }

    private static IllegalArgumentException wrong(int which, String text, int from, int to) {
        return new IllegalArgumentException(
                NAMES.get(which) + " of a cron is " + from + " to " + to + ", not \"" + text + "\"");
    }

    /**
     * How long until it is due next, counted from this moment on.
     *
     * @throws IllegalArgumentException when it never is, such as on the 30th of February
     */
    Duration after(ZonedDateTime moment) {
        ZonedDateTime next = moment.truncatedTo(ChronoUnit.MINUTES).plusMinutes(1);
        ZonedDateTime end = moment.plusYears(9);
        while (next.isBefore(end)) {
            if (!fields[3].get(next.getMonthValue())) {
                next = next.truncatedTo(ChronoUnit.DAYS).withDayOfMonth(1).plusMonths(1);
            } else if (!day(next)) {
                next = next.truncatedTo(ChronoUnit.DAYS).plusDays(1);
            } else if (!fields[1].get(next.getHour())) {
                next = next.truncatedTo(ChronoUnit.HOURS).plusHours(1);
            } else if (!fields[0].get(next.getMinute())) {
                next = next.plusMinutes(1);
            } else {
                return Duration.between(moment, next);
            }
        }
        throw new IllegalArgumentException("a cron that is never due");
    }

    /** Where both days are given, one of them suffices. */
    private boolean day(ZonedDateTime moment) {
        boolean month = fields[2].get(moment.getDayOfMonth());
        boolean week = fields[4].get(moment.getDayOfWeek().getValue() % 7);
        return (anyDay || anyWeekday) ? (month && week) : (month || week);
    }
}
