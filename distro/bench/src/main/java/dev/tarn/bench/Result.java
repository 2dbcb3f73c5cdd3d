// SPDX-License-Identifier: Apache-2.0
package dev.tarn.bench;

import java.util.Locale;

/**
 * What one run measured.
 *
 * @param perSecond operations a second
 * @param cpu the server's CPU time per operation, in microseconds
 * @param median in microseconds, as are the others
 * @param clientCpu the driver's own CPU time per operation, in microseconds: when it is the greater part, the driver was
 *     the bottleneck
 * @param load the machine's load average over the last minute
 */
record Result(
        String label,
        String scenario,
        double perSecond,
        double cpu,
        double median,
        double p99,
        double p999,
        double clientCpu,
        String load) {

    private static final String SEPARATOR = "\t";

    String line() {
        return String.join(
                SEPARATOR,
                label,
                scenario,
                number(perSecond),
                number(cpu),
                number(median),
                number(p99),
                number(p999),
                number(clientCpu),
                load);
    }

    static Result of(String line) {
        String[] fields = line.split(SEPARATOR);
        return new Result(
                fields[0],
                fields[1],
                Double.parseDouble(fields[2]),
                Double.parseDouble(fields[3]),
                Double.parseDouble(fields[4]),
                Double.parseDouble(fields[5]),
                Double.parseDouble(fields[6]),
                Double.parseDouble(fields[7]),
                fields[8]);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}
