// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads OpenMetrics 1.0 text as strictly as its specification is written; what breaks a rule is an AssertionError. */
final class OpenMetricsText {
    private static final Pattern META = Pattern.compile("# (TYPE|HELP|UNIT) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)");
    private static final String LABEL = "[a-zA-Z_][a-zA-Z0-9_]*=\"(?:[^\"\\\\\\n]|\\\\[\\\\\"n])*\"";
    private static final Pattern SAMPLE = Pattern.compile(
            "([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{(?:" + LABEL + "(?:," + LABEL + ")*)?})? (\\S+)(?: (\\d+(?:\\.\\d+)?))?");
    private static final Set<String> TYPES = Set.of("counter", "gauge", "histogram", "info", "stateset", "unknown");

    private final Map<String, Double> samples = new LinkedHashMap<>();
    private final Map<String, String> types = new LinkedHashMap<>();

    OpenMetricsText(String text) {
        if (!text.endsWith("# EOF\n")) {
            throw new AssertionError("an exposition ends with '# EOF' and a line feed");
        } else if (text.contains("\r")) {
            throw new AssertionError("lines end with a line feed alone");
        }
        List<String> lines = List.of(text.split("\n"));
        Set<String> finished = new HashSet<>();
        String family = "";
        for (String line : lines.subList(0, lines.size() - 1)) {
            Matcher meta = META.matcher(line);
            if (meta.matches()) {
                if (!meta.group(2).equals(family)) {
                    finished.add(family);
                    family = meta.group(2);
                    check(!finished.contains(family), "a family's lines stand together", line);
                }
                if (meta.group(1).equals("TYPE")) {
                    check(TYPES.contains(meta.group(3)), "a known type", line);
                    check(types.put(family, meta.group(3)) == null, "one type a family", line);
                } else if (meta.group(1).equals("UNIT")) {
                    check(family.endsWith("_" + meta.group(3)), "a name ends with its unit", line);
                }
                continue;
            }
            Matcher sample = SAMPLE.matcher(line);
            check(sample.matches(), "a sample", line);
            String suffix = switch (types.getOrDefault(family, "unknown")) {
                case "counter" -> "_total";
                case "info" -> "_info";
                default -> "";
            };
            boolean named = types.getOrDefault(family, "").equals("histogram")
                    ? Set.of(family + "_bucket", family + "_count", family + "_sum")
                            .contains(sample.group(1))
                    : sample.group(1).equals(family + suffix);
            check(named, "a sample is named after its family " + family, line);
            double value = Double.parseDouble(
                    sample.group(3).replace("+Inf", "Infinity").replace("-Inf", "-Infinity"));
            check(!suffix.equals("_total") || value >= 0, "a counter is not negative", line);
            String key = sample.group(1) + (sample.group(2) == null ? "" : sample.group(2));
            check(samples.put(key, value) == null, "one sample for its labels", line);
        }
    }

    private static void check(boolean holds, String rule, String line) {
        if (!holds) {
            throw new AssertionError(rule + ": " + line);
        }
    }

    /** The value of a sample, such as {@code tarn_connections{protocol="mqtt"}}. */
    double value(String sample) {
        Double value = samples.get(sample);
        if (value == null) {
            throw new AssertionError("no " + sample + " in " + samples.keySet());
        }
        return value;
    }
}
