// SPDX-License-Identifier: Apache-2.0
package dev.tarn.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Makes a Markdown table of many runs: medians, and the least and greatest CPU time. */
final class Summary {
    private Summary() {}

    /** The table for files of result lines. */
    static String of(String... files) throws IOException {
        Map<String, List<Result>> groups = new LinkedHashMap<>();
        for (String file : files) {
            for (String line : Files.readAllLines(Path.of(file))) {
                if (!line.isBlank()) {
                    Result result = Result.of(line);
                    groups.computeIfAbsent(result.scenario() + "\t" + result.label(), key -> new ArrayList<>())
                            .add(result);
                }
            }
        }
        StringBuilder table = new StringBuilder();
        table.append("| scenario | server | runs | CPU µs/op | least-most | op/s | p50 ms | p99 ms | p99.9 ms |"
                + " driver CPU µs/op | load |\n");
        table.append("|---|---|---|---|---|---|---|---|---|---|---|\n");
        groups.forEach((key, runs) -> table.append(row(runs)));
        return table.toString();
    }

    private static String row(List<Result> runs) {
        Result any = runs.get(0);
        double[] cpu = runs.stream().mapToDouble(Result::cpu).sorted().toArray();
        return String.format(
                Locale.ROOT,
                "| %s | %s | %d | %.1f | %.1f-%.1f | %,.0f | %.2f | %.2f | %.2f | %.1f | %.1f |%n",
                any.scenario(),
                any.label(),
                runs.size(),
                median(runs, Result::cpu),
                cpu[0],
                cpu[cpu.length - 1],
                median(runs, Result::perSecond),
                median(runs, Result::median) / 1e3,
                median(runs, Result::p99) / 1e3,
                median(runs, Result::p999) / 1e3,
                median(runs, Result::clientCpu),
                median(runs, result -> Double.parseDouble(result.load())));
    }

    private static double median(List<Result> runs, ToDoubleFunction<Result> value) {
        double[] sorted = runs.stream().mapToDouble(value).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
